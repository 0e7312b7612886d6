"""Which fires an edit adds and removes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

from schedules import timetable
from schedules.models import Schedule

AHEAD = timedelta(days=30)
MOST_LISTED = 50  # of each kind
MOST_COMPARED = 10_000  # times of each schedule; bounds the work on dense rules


@dataclass(frozen=True, slots=True)
class FiresChanged:
    """The nominal times that an edit removed and added, in order, 50 of each at most.

    Attributes:
        more: how many further ones of both kinds changed until `until`.
        until: how far the times were compared; less than 30 days for dense rules.
    """

    removed: tuple[datetime, ...]
    added: tuple[datetime, ...]
    more: int
    until: datetime


def fires_changed(before: Schedule, after: Schedule, *, now: datetime) -> FiresChanged:
    """Return how the times at which a schedule fires in the next 30 days differ, whatever its state.

    Raises:
        InvalidRule, InvalidCalendar: a stored rule or calendar of `after` can no longer be read.
    """
    old, old_until = _ahead(_readable(before, now=now), until=now + AHEAD)
    new, new_until = _ahead(timetable.times(after, after=now), until=now + AHEAD)
    until = min(old_until, new_until)
    removed, added = _changed(old, new, until=until)
    more = sum(max(0, len(times) - MOST_LISTED) for times in (removed, added))
    return FiresChanged(tuple(removed[:MOST_LISTED]), tuple(added[:MOST_LISTED]), more, until)


def _readable(schedule: Schedule, *, now: datetime) -> Iterator[datetime]:
    """Yield the times of settings that the edit may have mended."""
    try:
        yield from timetable.times(schedule, after=now)
    except (ValueError, TypeError):
        return


def _ahead(times: Iterator[datetime], *, until: datetime) -> tuple[list[datetime], datetime]:
    """Return the times to compare, and up to when these are all."""
    found = list(islice(takewhile(lambda at: at <= until, times), MOST_COMPARED + 1))
    reached = found[-1] if len(found) > MOST_COMPARED else until
    return found, min(until, reached)


def _changed(
    old: list[datetime], new: list[datetime], *, until: datetime
) -> tuple[list[datetime], list[datetime]]:
    before, after = ({at for at in times if at <= until} for times in (old, new))
    return sorted(before - after), sorted(after - before)
