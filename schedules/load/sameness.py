"""Whether two schedules fire at the same times, as far as a second."""

from collections.abc import Hashable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from schedules import timetable
from schedules.models import Schedule
from schedules.recurrence import Basis, Cron, Interval, Rule
from schedules.timetable import Calendars

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HORIZON = timedelta(days=31)  # within which fires are compared
MOST_FIRES = 1_000  # compared of each schedule; bounds the work on dense rules
LEAST_FIRES = 2  # compared of a schedule that seldom fires, however far away they are


def key_of(schedule: Schedule, *, now: datetime) -> Hashable:
    """Return a value that schedules share which have the same nominal times after `now`.

    It holds the canonical rules, the zone, the bounds and the calendars. Rules
    that are written in another way may have the same times under another key.

    Raises:
        InvalidRule: a stored rule can no longer be read.
    """
    rules = frozenset(map(_canonical, timetable.rules_of(schedule)))
    start_at = schedule.start_at if schedule.start_at is not None and schedule.start_at > now else None
    excluded = (*sorted(schedule.calendars), schedule.on_excluded) if schedule.calendars else ()
    daylight = (schedule.timezone, schedule.dst_gap, schedule.dst_overlap)
    return rules, daylight, start_at, schedule.end_at, excluded


def fires_of(schedule: Schedule, *, now: datetime, calendars: Calendars | None = None) -> Iterator[datetime]:
    """Yield the nominal times by which two schedules are compared: of the next 31 days, 1,000 at most.

    Raises:
        InvalidRule, InvalidCalendar: a stored rule or calendar can no longer be read.
    """
    times = timetable.times(schedule, after=now, calendars=calendars)
    whole = (at.replace(microsecond=0) for at in times)
    yield from islice(whole, LEAST_FIRES)
    soon = takewhile(lambda at: at <= now + HORIZON, whole)
    yield from islice(soon, MOST_FIRES - LEAST_FIRES)


def _canonical(rule: Rule) -> Hashable:
    if isinstance(rule, Cron):
        return rule.canonical, rule.day_match
    if isinstance(rule, Interval) and rule.basis is Basis.ELAPSED:
        phase = (rule.anchor - EPOCH) % rule.every
        return rule.every, phase if rule.every % SECOND else phase // SECOND
    return repr(rule)
