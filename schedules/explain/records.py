"""What is recorded of a schedule's times: executions, and times that were not started."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db.models import Max, Min

from executions.models import Execution, StepRun
from executions.states import ExecutionState
from schedules.explain.answer import AUTO, DROPPED, Run, Skip
from schedules.models import SkippedFire
from schedules.skips import MAX_OWED

MOST_RUNS = 2_000  # executions read at once
MOST_SKIPS = 2_000
REACHING = 8  # rows before a range that may reach into it; no more than two overlap

Runs = dict[datetime, tuple[Run, ...]]
Opened = tuple[datetime, int]  # when the first step became ready, and the most attempts that one has had

_COLUMNS = (
    "id",
    "fire_kind",
    "fire_at",
    "state",
    "error",
    "started_by",
    "created_at",
    "finished_at",
    "waits_until",
)


def runs_between(schedule_id: UUID, *, from_at: datetime, to_at: datetime) -> tuple[Runs, datetime]:
    """Return the executions of times in [from_at, to_at] by their time, and up to when these are all of them."""
    # Index: execution_one_fire (schedule, fire_at, fire_kind).
    wanted = Execution.objects.filter(schedule_id=schedule_id, fire_at__range=(from_at, to_at))
    rows = list(wanted.order_by("fire_at", "fire_kind").values(*_COLUMNS)[:MOST_RUNS])
    if len(rows) == MOST_RUNS:
        to_at = max(from_at, rows[-1]["fire_at"] - timedelta.resolution)
    rows = [row for row in rows if row["fire_at"] <= to_at]
    opened = _opened([row["id"] for row in rows])
    runs = ((row["fire_at"], _run(row, opened.get(row["id"]))) for row in rows)
    return {at: tuple(run for _, run in same) for at, same in groupby(runs, key=itemgetter(0))}, to_at


def _opened(ids: list[UUID]) -> dict[UUID, Opened]:
    # Index: step_run_once_per_execution (execution, step).
    steps = StepRun.objects.filter(execution__in=ids).order_by().values("execution")
    found = steps.annotate(opened_at=Min("created_at"), most=Max("attempt"))
    return {one: (at, count) for one, at, count in found.values_list("execution", "opened_at", "most")}


def _run(row: dict[str, Any], opened: Opened | None) -> Run:
    opened_at, attempts = opened or (None, 0)
    was_opened = opened is not None or row["state"] != ExecutionState.CANCELLED
    return Run(
        id=row["id"],
        kind=row["fire_kind"],
        state=row["state"],
        error=row["error"],
        by=row["started_by"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
        waits_until=row["waits_until"],
        admitted_at=opened_at,
        is_taken=attempts > 0,
        has_begun=was_opened and not row["error"].startswith(DROPPED),
    )


def skips_between(schedule_id: UUID, *, from_at: datetime, to_at: datetime) -> tuple[list[Skip], datetime]:
    """Return the recorded ranges that reach into [from_at, to_at], in order, and up to when these are all."""
    # Index: skipped_fire_once (schedule, first_fire_at, reason), forwards and backwards from the start.
    own = SkippedFire.objects.filter(schedule_id=schedule_id)
    columns = ("first_fire_at", "last_fire_at", "count", "reason", "detail", "created_at")
    within = own.filter(first_fire_at__range=(from_at, to_at)).order_by("first_fire_at", "reason")
    earlier = own.filter(first_fire_at__lt=from_at).order_by("-first_fire_at", "-reason")
    both = within.values_list(*columns)[: MOST_SKIPS + 1].union(
        earlier.values_list(*columns)[:REACHING], all=True
    )
    found = sorted((_skip(row) for row in both), key=lambda skip: (skip.first, skip.last))
    reaching = [skip for skip in found if skip.reach >= from_at]
    if len(reaching) > MOST_SKIPS:
        to_at = max(from_at, reaching[MOST_SKIPS].first - timedelta.resolution)
    return [skip for skip in reaching if skip.first <= to_at], to_at


def _skip(row: tuple[Any, ...]) -> Skip:
    first, last, count, reason, detail, recorded_at = row
    # A longer debt is counted in part, and was recorded when it ended.
    reach = max(last, recorded_at) if count == MAX_OWED else last
    return Skip(first, last, count, reason, detail, reach)


def last_of_rules(schedule_id: UUID, *, until: datetime | None) -> datetime | None:
    """Return the last time of which the rules recorded something, up to and with `until`; None is no bound."""
    # Indexes: execution_one_fire and skipped_fire_once, backwards.
    runs = Execution.objects.filter(schedule_id=schedule_id, fire_kind=AUTO).order_by("-fire_at")
    skips = SkippedFire.objects.filter(schedule_id=schedule_id).order_by("-first_fire_at")
    if until is not None:
        runs, skips = runs.filter(fire_at__lte=until), skips.filter(first_fire_at__lte=until)
    found = [
        runs.values_list("fire_at", flat=True).first(),
        skips.values_list("last_fire_at", flat=True).first(),
    ]
    return max((at for at in found if at is not None), default=None)


def match(times: Iterable[tuple[datetime, bool]], skips: list[Skip]) -> dict[datetime, Skip]:
    """Return which recorded range each time belongs to.

    Args:
        times: in order, each with whether its rules or calendars bar it.
        skips: in order of their first time. Where two overlap, one of them holds the barred times.
    """
    found: dict[datetime, Skip] = {}
    waiting = iter(skips)
    upcoming, open_ = next(waiting, None), list[Skip]()
    for at, is_barred in times:
        while upcoming is not None and upcoming.first <= at:
            open_.append(upcoming)
            upcoming = next(waiting, None)
        open_ = [skip for skip in open_ if skip.reach >= at]
        if open_:
            found[at] = min(open_, key=lambda skip: (_bars(skip) is not is_barred, skip.reach - skip.first))
    return found


def _bars(skip: Skip) -> bool:
    return skip.reason in {"calendar", "requested"}
