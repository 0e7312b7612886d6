"""Where an excluded time goes: the same time of day on another day."""

from collections import deque
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from schedules.calendars.entry import DAY
from schedules.calendars.errors import InvalidCalendar
from schedules.calendars.exclusions import Exclusions
from schedules.recurrence.daylight import Gap, Overlap
from schedules.recurrence.zones import in_utc, piece_at

FURTHEST_DAYS = 31
MOST_PER_DAY = 1440  # a fire a minute; denser rules have another time soon anyway
CHECKED_TIMES = 10_000


class Shift:
    """Moves times past the days that exclude them.

    Args:
        step: a day, or minus a day.
        gap, overlap: where the time of day meets a jump of the clock.
    """

    def __init__(self, exclusions: Exclusions, *, step: timedelta, gap: Gap, overlap: Overlap) -> None:
        self._exclusions = exclusions
        self._step = step
        self._gap = gap
        self._overlap = overlap

    def target(self, at: datetime) -> datetime | None:
        """Return, in UTC, when an excluded instant fires instead, or None if no day within 31 takes it."""
        zone = self._exclusions.zone
        local = at.astimezone(zone)
        day, clock = local.date(), local.time()
        for _ in range(FURTHEST_DAYS):
            day += self._step
            run = on_day(day, clock, zone=zone, gap=self._gap, overlap=self._overlap)
            # A zone that repeats a day could otherwise turn a time back.
            onward = run is not None and (run > at) == (self._step > timedelta())
            if run and onward and not self._exclusions.reason(run):
                return run
        return None

    def account(self, reason: str, target: datetime | None) -> str:
        """Return the reason of an excluded time with what became of it."""
        if target is not None:
            return f"{reason}; moved to {target.astimezone(self._exclusions.zone).isoformat()}"
        side = "after" if self._step > timedelta() else "before"
        return f"{reason}; dropped, since none of the {FURTHEST_DAYS} days {side} it is free"


def on_day(day: date, clock: time, *, zone: ZoneInfo, gap: Gap, overlap: Overlap) -> datetime | None:
    """Return the instant, in UTC, at which a local day has a time of day, or None if it has not.

    A gap that leads out of the day, as where a zone skips a whole day, leaves it without.
    """
    wall = datetime.combine(day, clock, tzinfo=zone)
    first, second = wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if first == second:
        return first
    if first < second:
        return second if overlap is Overlap.SECOND else first
    # In a gap, fold 0 counts by the offset before it, which is later by the length of the gap.
    run = _after_gap(first, zone=zone, gap=gap)
    return run if run and run.astimezone(zone).date() == day else None


def _after_gap(shifted: datetime, *, zone: ZoneInfo, gap: Gap) -> datetime | None:
    if gap is Gap.AT_GAP_END:
        return piece_at(zone, in_utc(shifted)).start.replace(tzinfo=UTC)
    return shifted if gap is Gap.SHIFT else None


def check_shift(times: Iterable[datetime]) -> None:
    """Refuse to move the times of a rule that fires more than 1,440 times within 24 hours.

    Looks at the first 10,000 of `times`, which strictly increase.

    Raises:
        InvalidCalendar: naming `on_excluded`; tell the author of the schedule.
    """
    recent: deque[datetime] = deque(maxlen=MOST_PER_DAY)
    for at in islice(times, CHECKED_TIMES):
        if len(recent) == MOST_PER_DAY and at - recent[0] < DAY:
            raise InvalidCalendar(
                "on_excluded",
                f"only 'drop' is possible for rules that fire more than {MOST_PER_DAY} times a day; "
                "write 'drop', or fire less often",
            )
        recent.append(at)
