"""The first time of a rule that calendars leave, found without looking at every time that they exclude."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from schedules.calendars.calendar import Calendar
from schedules.calendars.entry import DAY
from schedules.calendars.exclusions import Exclusions

STRIDE = 100  # excluded times looked at before the end of what excludes them is looked for
MOST_STRIDES = 1_000
LONGEST_LOOK = timedelta(days=3652)  # ten years with two leap days
LEAP_DAYS = 40  # local days over which one excluded range is followed

TimesAfter = Callable[[datetime], Iterator[datetime]]


@dataclass(frozen=True, slots=True)
class Opening:
    """What a search for a time that no calendar excludes has found.

    Attributes:
        at: the first such time, or None.
        reason: why the last time that was looked at is excluded; "" if there was none.
        until: where the search gave up with times ahead; None if the rules have no more.
    """

    at: datetime | None
    reason: str = ""
    until: datetime | None = None


def opening(
    times_after: TimesAfter, *, after: datetime, calendars: Sequence[Calendar], zone: ZoneInfo
) -> Opening:
    """Return the first time after `after` that no calendar excludes, searched for ten years.

    Args:
        times_after: yields a rule's times strictly after an instant, increasing.
    """
    exclusions, since, reason = Exclusions(calendars, zone=zone), after, ""
    for _ in range(MOST_STRIDES):
        at = since
        for at in islice(times_after(since), STRIDE):
            excluded = exclusions.reason(at)
            if not excluded:
                return Opening(at)
            reason = excluded
        if at == since:
            return Opening(None, reason)
        since = max(at, _end_of_exclusion(at, calendars, zone=zone) - timedelta.resolution)
        if since - after > LONGEST_LOOK:
            break
    return Opening(None, reason, until=since)


def _end_of_exclusion(at: datetime, calendars: Sequence[Calendar], *, zone: ZoneInfo) -> datetime:
    """Return an instant up to which everything from `at` on is excluded, or `at` if that is not known."""
    local = at.astimezone(zone).replace(tzinfo=None)
    first, end = local.date(), local
    entries = [entry for calendar in calendars for entry in calendar.entries]
    found = (entry.ranges(first=first, last=first + LEAP_DAYS * DAY, zone=zone) for entry in entries)
    for excluded in sorted((one for ranges in found for one in ranges), key=lambda one: one.start):
        if excluded.start > end:
            break
        end = max(end, excluded.end)
    # Where the clock jumps, the earlier of two readings is the careful one.
    return min(end.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
