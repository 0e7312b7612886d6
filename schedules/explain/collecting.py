"""Put together, time by time, what the rules name and what is recorded."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from uuid import UUID

from schedules.explain.answer import AUTO, Run, Skip
from schedules.explain.periods import Period, named
from schedules.explain.records import Runs, match, runs_between, skips_between
from schedules.misfire import Fire
from schedules.timetable import Calendars


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one time; `period` is None where no version of the settings names it."""

    fire: Fire
    period: Period | None
    runs: tuple[Run, ...] = ()
    skip: Skip | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """Facts in order of time; `continue_from` is where the next ones begin, or None if these are all."""

    facts: list[Facts]
    continue_from: datetime | None


def collect(
    held: Iterable[Period],
    *,
    schedule_id: UUID,
    calendars: Calendars,
    from_at: datetime,
    to_at: datetime,
    limit: int,
) -> Collected:
    """Return the facts of every time in [from_at, to_at], `limit` at most, with one query of each kind of record."""
    times = list(islice(named(held, from_at=from_at, to_at=to_at, calendars=calendars), limit + 1))
    until = to_at if len(times) <= limit else times[limit].fire.fire_at - timedelta.resolution
    runs, until = runs_between(schedule_id, from_at=from_at, to_at=until)
    skips, until = skips_between(schedule_id, from_at=from_at, to_at=until)

    known = {one.fire.fire_at: one for one in times if one.fire.fire_at <= until}
    skipped = _skipped(((at, bool(one.fire.barred)) for at, one in known.items()), runs=runs, skips=skips)
    facts = {at: Facts(one.fire, one.period, runs.get(at, ()), skipped.get(at)) for at, one in known.items()}
    for at, skip in _unnamed(runs, skips, matched=set(skipped.values())):
        if from_at <= at <= until and at not in facts:
            facts[at] = Facts(Fire(at, at), None, runs.get(at, ()), skip)
    return _cut(facts, until=until, to_at=to_at, limit=limit)


def _skipped(
    times: Iterable[tuple[datetime, bool]], *, runs: Runs, skips: list[Skip]
) -> dict[datetime, Skip]:
    """Return the recorded range of each time that the rules did not start."""
    started = {at for at, same in runs.items() if any(run.kind == AUTO for run in same)}
    return match(((at, is_barred) for at, is_barred in times if at not in started), skips)


def _unnamed(runs: Runs, skips: list[Skip], *, matched: Set[Skip]) -> Iterable[tuple[datetime, Skip | None]]:
    """Yield the times that only records know of: of runs, and both ends of ranges that no known time is in."""
    strange = [skip for skip in skips if skip not in matched]
    ends = chain.from_iterable(((skip.first, skip), (skip.last, skip)) for skip in strange)
    return chain(ends, ((at, None) for at in runs))


def _cut(facts: dict[datetime, Facts], *, until: datetime, to_at: datetime, limit: int) -> Collected:
    ordered = [facts[at] for at in sorted(facts)]
    if len(ordered) > limit:
        return Collected(ordered[:limit], ordered[limit].fire.fire_at)
    return Collected(ordered, until + timedelta.resolution if until < to_at else None)
