"""The fire times of a stored schedule: rules, bounds, calendars, requested skips and spread."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain, pairwise, takewhile
from uuid import UUID

from schedules.calendars import Calendar, Nominal, OnExcluded, calendar_from_list, observed
from schedules.misfire import Fire
from schedules.models import Calendar as StoredCalendar
from schedules.models import Schedule
from schedules.reasons import Reason
from schedules.recurrence import Gap, Overlap, Rule, rule_from_dict, union, zone_named
from schedules.recurrence.presets import HASHED
from schedules.spread import Spread, SpreadKind, offset

CACHED_RULES = 2_048  # bounds beat's memory, whatever the number of schedules
CACHED_CALENDARS = 256

Calendars = dict[UUID, Calendar]


def times(schedule: Schedule, *, after: datetime, calendars: Calendars | None = None) -> Iterator[datetime]:
    """Yield nominal times at which the schedule fires, in (after, end], aware UTC, strictly increasing.

    Raises:
        InvalidRule, InvalidCalendar: a stored rule or calendar can no longer be read.
    """
    return (fire.fire_at for fire in fires(schedule, after=after, calendars=calendars) if not fire.barred)


def fires(schedule: Schedule, *, after: datetime, calendars: Calendars | None = None) -> Iterator[Fire]:
    """Yield every nominal time in (after, end] with its due time, those that are not to start too.

    Args:
        calendars: what `calendars_of` returns; read here where it is left out.

    Raises:
        InvalidRule, InvalidCalendar: a stored rule or calendar can no longer be read.
    """
    nominal = _nominal(schedule, after=after, calendars=calendars)
    barred = _barred(schedule)
    if schedule.spread == SpreadKind.NONE:
        return (Fire(one.fire_at, one.fire_at, *barred(one)) for one in nominal)
    spread = Spread(SpreadKind(schedule.spread), schedule.spread_window)
    key = str(schedule.pk)
    pairs = pairwise(chain(nominal, (None,)))
    return (
        Fire(one.fire_at, one.fire_at + _offset(spread, key, one, following), *barred(one))
        for one, following in pairs
        if one is not None
    )


def _offset(spread: Spread, key: str, one: Nominal, following: Nominal | None) -> timedelta:
    next_at = following.fire_at if following else None
    return offset(spread, key=key, fire_at=one.fire_at, following=next_at)


def _barred(schedule: Schedule) -> Callable[[Nominal], tuple[Reason | None, str]]:
    left_out = set(schedule.skip_times)

    def barred(one: Nominal) -> tuple[Reason | None, str]:
        if one.excluded:
            return Reason.CALENDAR, one.excluded
        if one.fire_at in left_out:
            return Reason.REQUESTED, "left out on request"
        return None, ""

    return barred


def _nominal(schedule: Schedule, *, after: datetime, calendars: Calendars | None) -> Iterator[Nominal]:
    if not schedule.calendars:
        return (Nominal(at) for at in _ruled(schedule, after))
    held = calendars_of([schedule]) if calendars is None else calendars
    return observed(
        lambda since: _ruled(schedule, since),
        after=after,
        calendars=[held[calendar_id] for calendar_id in schedule.calendars if calendar_id in held],
        zone=zone_named(schedule.timezone),
        on_excluded=OnExcluded(schedule.on_excluded),
        gap=Gap(schedule.dst_gap),
        overlap=Overlap(schedule.dst_overlap),
    )


def _ruled(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Yield what the rules name in (after, end], from the start on, before any calendar moves it."""
    if schedule.start_at is not None:
        after = max(after, schedule.start_at - timedelta.resolution)
    named = union(
        rules_of(schedule),
        zone=schedule.timezone,
        after=after,
        gap=schedule.dst_gap,
        overlap=schedule.dst_overlap,
    )
    end_at = schedule.end_at
    return named if end_at is None else takewhile(lambda at: at <= end_at, named)


def rules_of(schedule: Schedule) -> tuple[Rule, ...]:
    """Return the schedule's rules, compiled.

    Raises:
        InvalidRule: a stored rule can no longer be read.
    """
    text = json.dumps(schedule.rules)
    # Only hashed fields depend on which schedule it is, and only delays on its runs; all others share the work.
    return _compiled(
        text,
        hash_key=str(schedule.pk) if HASHED.search(text) else "",
        zone=schedule.timezone,
        ended_at=schedule.ended_at if follows_its_runs(schedule) else None,
    )


def follows_its_runs(schedule: Schedule) -> bool:
    """Return whether a rule counts from the end of the last run."""
    return any(isinstance(rule, dict) and rule.get("kind") == "after_completion" for rule in schedule.rules)


@lru_cache(maxsize=CACHED_RULES)
def _compiled(text: str, *, hash_key: str, zone: str, ended_at: datetime | None) -> tuple[Rule, ...]:
    rules = json.loads(text)
    return tuple(rule_from_dict(rule, hash_key=hash_key, zone=zone, ended_at=ended_at) for rule in rules)


def calendars_of(schedules: Iterable[Schedule]) -> Calendars:
    """Return the calendars that any of `schedules` uses, compiled, by id; one query if there are any."""
    wanted = {calendar_id for schedule in schedules for calendar_id in schedule.calendars}
    if not wanted:
        return {}
    rows = StoredCalendar.objects.filter(pk__in=wanted).values_list("pk", "entries")
    return {calendar_id: _calendar(json.dumps(entries)) for calendar_id, entries in rows}


@lru_cache(maxsize=CACHED_CALENDARS)
def _calendar(text: str) -> Calendar:
    return calendar_from_list(json.loads(text))
