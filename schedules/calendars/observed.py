"""Nominal times as calendars leave them: which fire, which do not, and where some go instead."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from itertools import groupby
from zoneinfo import ZoneInfo

from schedules.calendars.calendar import Calendar
from schedules.calendars.entry import DAY
from schedules.calendars.exclusions import Exclusions
from schedules.calendars.shift import FURTHEST_DAYS, Shift
from schedules.recurrence.daylight import Gap, Overlap
from schedules.recurrence.zones import EARLIEST, HORIZON

MOST_REJECTED = 100_000  # times in a row
LONGEST_SILENCE = timedelta(days=3652)  # ten years with two leap days

# Given an aware instant, yields a rule's times strictly after it: aware UTC, strictly increasing.
TimesAfter = Callable[[datetime], Iterator[datetime]]


class OnExcluded(StrEnum):
    """What becomes of a nominal time that a calendar excludes."""

    DROP = "drop"
    NEXT_WORKING_DAY = "next_working_day"  # same time of day, on the next day that does not exclude it
    PREVIOUS_WORKING_DAY = "previous_working_day"


@dataclass(frozen=True, slots=True, order=True)
class Nominal:
    """A time at which a schedule fires, or would have fired.

    Attributes:
        fire_at: aware UTC; of an excluded time the instant that the rule named.
        excluded: "" if it fires; otherwise why not, and where it went.
    """

    fire_at: datetime
    excluded: str = ""


def observed(
    times_after: TimesAfter,
    *,
    after: datetime,
    calendars: Sequence[Calendar],
    zone: ZoneInfo,
    on_excluded: OnExcluded = OnExcluded.DROP,
    gap: Gap = Gap.AT_GAP_END,
    overlap: Overlap = Overlap.FIRST,
) -> Iterator[Nominal]:
    """Yield every time after `after` as a fire or as excluded, strictly increasing by `fire_at`.

    A moved time is there twice: excluded where the rule named it, and a fire where it went.
    From any `after` the sequence is the tail of the one from an earlier `after`, so that a
    scheduler may stop and go on. It ends with the rule's times, or after a row of excluded
    times without a fire that counts 100,000 or has lasted ten years; that row is counted anew by every call.

    Args:
        times_after: the rules; asked from up to 32 days before `after` when times move later.
        after: aware.
        gap: where a moved time meets a gap; with `skip` it goes on to another day.
        overlap: where a moved time meets an overlap; with `both` it fires once, at the first.
    """
    exclusions = Exclusions(calendars, zone=zone)
    if on_excluded is OnExcluded.DROP:
        return _dropped(times_after(after), exclusions)
    later = on_excluded is OnExcluded.NEXT_WORKING_DAY
    shift = Shift(exclusions, step=DAY if later else -DAY, gap=gap, overlap=overlap)
    times = times_after(_look_back(after, exclusions) if later else after)
    ordered = _moved(times, exclusions, shift=shift, settled=_at_once if later else _before_landing)
    # Fires that meet at one instant follow each other and are equal.
    return (nominal for nominal, _ in groupby(ordered) if nominal.fire_at > after)


def _dropped(times: Iterator[datetime], exclusions: Exclusions) -> Iterator[Nominal]:
    row = _Row()
    for at in times:
        reason = exclusions.reason(at)
        yield Nominal(at, reason)
        if row.ends(at, fires=not reason):
            return


def _moved(
    times: Iterator[datetime],
    exclusions: Exclusions,
    *,
    shift: Shift,
    settled: Callable[[datetime, Exclusions], datetime],
) -> Iterator[Nominal]:
    """Yield times and where they went in order; two fires at one instant follow each other.

    Held back is what lies at or after `settled`: something unseen may yet come before it.
    """
    row = _Row()
    held: list[Nominal] = []
    for at in times:
        reason = exclusions.reason(at)
        target = shift.target(at) if reason else None
        heappush(held, Nominal(at, shift.account(reason, target) if reason else ""))
        if target is not None:
            heappush(held, Nominal(target))
        until = settled(at, exclusions)
        while held and held[0].fire_at < until:
            yield heappop(held)
        if row.ends(at, fires=not reason or target is not None):
            break
    yield from sorted(held)


@dataclass(slots=True)
class _Row:
    """Excluded times in a row, none of which fires on another day."""

    count: int = 0
    since: datetime | None = None

    def ends(self, at: datetime, *, fires: bool) -> bool:
        """Count one more time and return whether to give up."""
        if fires:
            self.count, self.since = 0, None
            return False
        self.count += 1
        self.since = self.since or at
        return self.count >= MOST_REJECTED or at - self.since >= LONGEST_SILENCE


def _at_once(at: datetime, _exclusions: Exclusions) -> datetime:
    """Return the first instant at which something unseen can come, if times move later."""
    return at + timedelta.resolution


def _before_landing(at: datetime, exclusions: Exclusions) -> datetime:
    """Return an instant before which nothing unseen can come, if times move earlier.

    A time moves back only over days that are touched, so the first untouched day before
    those is the furthest it gets.
    """
    day = at.astimezone(exclusions.zone).date()
    if exclusions.touch(day):
        return exclusions.start_of(_first_reached(day, exclusions))
    # From tomorrow a time may come to today.
    return exclusions.start_of(day if exclusions.touch(day + DAY) else day + DAY)


def _first_reached(day: date, exclusions: Exclusions) -> date:
    """Return the day before an unbroken row of touched days that ends with `day`, 31 days back at most."""
    first = day
    while exclusions.touch(first) and (day - first).days < FURTHEST_DAYS:
        first -= DAY
    return first


def _look_back(after: datetime, exclusions: Exclusions) -> datetime:
    """Return an instant since when a time may have moved past `after`, or `after` itself."""
    known = min(max(after, EARLIEST.replace(tzinfo=UTC)), HORIZON.replace(tzinfo=UTC))
    day = known.astimezone(exclusions.zone).date()
    first = _first_reached(day - DAY, exclusions) + DAY
    if first == day and not exclusions.touch(day):
        return after
    return min(after, exclusions.start_of(first) - timedelta.resolution)
