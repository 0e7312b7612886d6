"""Record the times that are not started: nothing is silently not run."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby, islice, takewhile

from schedules import queries, timetable
from schedules.misfire import Fire, Skipped
from schedules.models import Schedule
from schedules.queries import NewSkip
from schedules.reasons import Reason

MAX_OWED = 100_000  # times counted when a schedule stops looking back; a longer debt says "at least"
MAX_DETAIL = 500  # characters


def row(schedule: Schedule, skipped: Skipped, *, now: datetime, after: datetime | None = None) -> NewSkip:
    """Return the row of a range of times that were not started.

    Args:
        after: the nominal time before the range. Where the newest row of the same
            reason ends there, that row grows instead of a new one.
    """
    return NewSkip(
        schedule_id=schedule.pk,
        after_at=after,
        first_fire_at=skipped.first,
        last_fire_at=skipped.last,
        count=skipped.count,
        reason=skipped.reason,
        detail=skipped.detail[:MAX_DETAIL],
        created_at=now,
    )


def record(rows: Iterable[NewSkip]) -> None:
    """Insert skipped times. A repeat of the same times changes nothing."""
    wanted = list(rows)
    if wanted:
        queries.record_skips(wanted)


def record_owed(schedule: Schedule, *, reason: Reason, detail: str, now: datetime) -> datetime:
    """Record the nominal times after the cursor that are due at `now` and will not be looked at again.

    Call it before the rules or the state change. Times that a calendar or a request
    leaves out keep that as their reason.

    Returns:
        The last nominal time that is accounted for. The spread may put off one
        that has passed beyond `now`: it comes after that.
    """
    owed, cursor = _owed(schedule, now=now)
    said = f"at least; {detail}" if len(owed) == MAX_OWED else detail
    record(row(schedule, one, now=now) for one in _ranges(owed, reason=reason, detail=said))
    return cursor


def _ranges(owed: Iterable[Fire], *, reason: Reason, detail: str) -> Iterator[Skipped]:
    """Yield the runs of times that have one reason: what bars them anyway, or the one given."""
    for why, run in groupby(owed, key=lambda fire: (fire.barred or reason, fire.detail or detail)):
        times = [fire.fire_at for fire in run]
        yield Skipped(times[0], times[-1], len(times), *why)


def _owed(schedule: Schedule, *, now: datetime) -> tuple[list[Fire], datetime]:
    """Return the times that are due, and the new cursor."""
    owed: list[Fire] = []
    cursor = schedule.cursor_at
    try:
        for fire in islice(timetable.fires(schedule, after=cursor), MAX_OWED):
            if fire.due_at > now:
                return owed, cursor
            cursor = fire.fire_at
            if fire.due_at >= schedule.effective_from:
                owed.append(fire)
    except (ValueError, TypeError):  # the very reason why it is set aside: only one time is known
        known = schedule.next_fire_at
        return [Fire(known, known)] if known is not None and known <= now else [], now
    return owed, now if len(owed) == MAX_OWED else cursor


def put_off(schedule: Schedule, *, now: datetime) -> list[Fire]:
    """Return the nominal times after the cursor that have passed and that the spread makes due after `now`."""
    try:
        ahead = takewhile(
            lambda fire: fire.fire_at <= now, timetable.fires(schedule, after=schedule.cursor_at)
        )
        return [fire for fire in islice(ahead, MAX_OWED) if fire.due_at > now and not fire.barred]
    except (ValueError, TypeError):  # it cannot be read: nothing of it was put off
        return []
