"""Record the times that are not started: nothing is silently not run."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice, takewhile

from schedules import timetable
from schedules.misfire import Missed
from schedules.models import Schedule, SkippedFire

MAX_OWED = 100_000  # times counted when a schedule stops looking back; a longer debt says "at least"


def record(rows: Iterable[SkippedFire]) -> None:
    """Insert skipped times. A repeat of the same times changes nothing."""
    SkippedFire.objects.bulk_create(rows, ignore_conflicts=True)


def row(
    schedule: Schedule, missed: Missed, *, reason: SkippedFire.Reason, detail: str, now: datetime
) -> SkippedFire:
    """Return the row of a range of times that were not started."""
    return SkippedFire(
        schedule=schedule,
        first_fire_at=missed.first,
        last_fire_at=missed.last,
        count=missed.count,
        reason=reason,
        detail=detail[:500],
        created_at=now,
    )


def record_owed(schedule: Schedule, *, reason: SkippedFire.Reason, detail: str, now: datetime) -> None:
    """Record the times up to `now` that were due and will not be looked at again.

    Call it before the cursor, the rules or the state change.
    """
    missed = _owed(schedule, now=now)
    if missed is not None:
        if missed.count == MAX_OWED:
            detail = f"at least; {detail}"
        record([row(schedule, missed, reason=reason, detail=detail, now=now)])


def _owed(schedule: Schedule, *, now: datetime) -> Missed | None:
    if schedule.next_fire_at is None or schedule.next_fire_at > now:
        return None
    try:
        times = timetable.times(schedule, after=schedule.cursor_at)
        owed = list(islice(takewhile(lambda time: time <= now, times), MAX_OWED))
    except (ValueError, TypeError):  # the very reason why it is set aside: only one time is known
        owed = [schedule.next_fire_at]
    return Missed(owed[0], owed[-1], len(owed)) if owed else None
