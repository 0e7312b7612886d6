"""Dry runs: what a backfill would do, without doing it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from schedules.backfill import queries
from schedules.backfill.queries import Run
from schedules.backfill.reprocess import is_run
from schedules.backfill.wanted import Wanted, check
from schedules.load.durations import Basis, durations
from schedules.models import Backfill, Schedule

MAX_LISTED = 1_000
LISTED = 100


@dataclass(frozen=True, slots=True)
class Planned:
    """A nominal time, the newest execution that it has, and whether the backfill would run it."""

    fire_at: datetime
    execution: Run | None
    is_run: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a backfill would do.

    Attributes:
        total: nominal times in the range.
        to_run: how many of them would be run.
        estimated: how long they would take, from measured durations; None where nothing is measured.
        times: the first of them, in the order of the backfill.
    """

    total: int
    to_run: int
    estimated: timedelta | None
    times: tuple[Planned, ...]


def preview(schedule: Schedule, *, now: datetime, limit: int = LISTED, **wanted: Any) -> Preview:
    """Return what a backfill would do, and change nothing.

    Args:
        limit: how many times to list.
        wanted: as in `Wanted`.

    Raises:
        what `check` raises: it refuses what a request would be refused for.
    """
    asked = Wanted(**wanted)
    times = check(schedule, asked, now=now)
    if asked.order == Backfill.Order.NEWEST_FIRST:
        times.reverse()
    runs = queries.newest_runs(schedule.pk, times)
    planned = list(_planned(times, runs, reprocess=asked.reprocess))
    to_run = sum(one.is_run for one in planned)
    estimated = _estimated(schedule, rounds=ceil(to_run / asked.concurrency))
    return Preview(len(times), to_run, estimated, tuple(planned[: min(limit, MAX_LISTED)]))


def _planned(times: Iterable[datetime], runs: dict[datetime, Run], *, reprocess: str) -> Iterable[Planned]:
    for at in times:
        run = runs.get(at)
        yield Planned(at, run, is_run(reprocess, run.state if run else None))


def _estimated(schedule: Schedule, *, rounds: int) -> timedelta | None:
    duration = durations([schedule])[schedule.pk]
    return None if duration.basis is Basis.ASSUMED else timedelta(seconds=duration.mean * rounds)
