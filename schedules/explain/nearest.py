"""Why an instant is none of a schedule's times, and which lie around it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from schedules import timetable
from schedules.explain.answer import Absent, Outcome, Verdict
from schedules.explain.periods import Period
from schedules.models import Schedule
from schedules.recurrence import Cron, Rule, describe
from schedules.timetable import Calendars

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
FURTHEST = timedelta(days=366 * 5)  # how far back a time is looked for
WIDENING = 8  # times as far with each look back


def around(held: Period, *, at: datetime, calendars: Calendars) -> tuple[datetime | None, datetime | None]:
    """Return the times next to `at`, which is none, that the settings named while they held.

    The earlier one is looked for in the five years before `at`.
    """
    settings = held.settings
    after = _first(settings, after=max(at, held.start), calendars=calendars)
    if after is not None and held.end is not None and after > held.end:
        after = None
    look_back = MINUTE
    while look_back <= FURTHEST and at > held.start:
        since = max(at - look_back, held.start)
        known = _first(settings, after=since, calendars=calendars)
        if known is not None and known < at:
            return _last_before(settings, at=at, known=known, calendars=calendars), after
        if since == held.start:
            break
        look_back *= WIDENING
    return None, after


def _first(settings: Schedule, *, after: datetime, calendars: Calendars) -> datetime | None:
    fire = next(timetable.fires(settings, after=after, calendars=calendars), None)
    return fire.fire_at if fire else None


def _last_before(settings: Schedule, *, at: datetime, known: datetime, calendars: Calendars) -> datetime:
    """Return the last time before `at`, given an earlier one, by halving: dense rules have millions between."""
    empty_from = at
    while empty_from - known > SECOND:
        middle = known + (empty_from - known) / 2
        found = _first(settings, after=middle, calendars=calendars)
        if found is not None and found < at:
            known = found
        else:
            empty_from = middle
    rest = timetable.fires(settings, after=known, calendars=calendars)
    return max((fire.fire_at for fire in takewhile(lambda fire: fire.fire_at < at, rest)), default=known)


def absence(settings: Schedule, *, at: datetime) -> Verdict:
    """Return why the settings do not name `at`.

    Raises:
        InvalidRule: the stored rules can no longer be read.
    """
    if settings.start_at is not None and at < settings.start_at:
        return _absent(Absent.BEFORE_START, settings.start_at.isoformat())
    if settings.end_at is not None and at > settings.end_at:
        return _absent(Absent.AFTER_END, settings.end_at.isoformat())
    if timetable.follows_its_runs(settings) and settings.ended_at is None:
        return _absent(Absent.AFTER_COMPLETION, "times of runs that have ended are listed with their runs")
    zone = ZoneInfo(settings.timezone)
    return _absent(Absent.OUTSIDE_RULES, "; ".join(_mismatches(settings, at=at, zone=zone)))


def _absent(reason: Absent, detail: str) -> Verdict:
    return Verdict(Outcome.NO_TIME, reason, detail)


def _mismatches(settings: Schedule, *, at: datetime, zone: ZoneInfo) -> Iterator[str]:
    wall = at.astimezone(zone).replace(tzinfo=None)
    for rule in timetable.rules_of(settings):
        why = _mismatch(rule, wall)
        yield f"{describe(rule, zone=zone)} - {why}" if why else describe(rule, zone=zone)


def _mismatch(rule: Rule, wall: datetime) -> str:
    if not isinstance(rule, Cron):
        return ""
    fields = {
        f"the month is {wall.month}": wall.month in rule.months,
        f"the day is {wall:%a %d}": wall.day in rule.days.in_month(wall.year, wall.month),
        f"the hour is {wall.hour}": wall.hour in rule.hours,
        f"the minute is {wall.minute}": wall.minute in rule.minutes,
        f"the second is {wall:%S.%f}".rstrip("0").rstrip("."): wall.second in rule.seconds
        and not wall.microsecond,
    }
    wrong = [text for text, fits in fields.items() if not fits]
    return ", ".join(wrong) or "the clock shows this time twice, and it fires at the other one"
