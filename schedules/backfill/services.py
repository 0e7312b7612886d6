"""What people and programs may do to backfills: one function, one transaction."""

from datetime import datetime
from typing import Any, Literal

from django.db import transaction

from executions import services as executions
from executions import wakeups
from executions.errors import IllegalMove
from executions.models import Execution
from executions.states import ExecutionState
from schedules.backfill import places
from schedules.backfill.moves import lock, move, tell
from schedules.backfill.previews import Planned, Preview, preview
from schedules.backfill.wanted import BELOW_LIVE, Wanted, check
from schedules.models import Backfill, Schedule
from schedules.services.search import lock as lock_schedule
from schedules.validation import overlap_named

__all__ = ["Planned", "Preview", "cancel", "give_up", "pause", "preview", "request", "resume"]

Running = Literal["leave", "cancel"]


@transaction.atomic
def request(schedule: Schedule, *, by: str, now: datetime, **wanted: Any) -> Backfill:
    """Have a schedule run for the nominal times of a past range, whatever its pause, limits and catch-up window.

    Args:
        wanted: as in `Wanted`.

    Raises:
        InvalidSchedule: naming each field that is wrong, or that the range is.
        OverlappingBackfill: another one that has not ended covers a part of the range.
        NotStartable, IllegalScheduleMove: the workflow or the schedule is archived.
    """
    asked = Wanted(**wanted)
    locked = lock_schedule(schedule)
    total = len(check(locked, asked, now=now))
    backfill = _new(locked, asked, total=total, by=by, now=now)
    backfill.save(force_insert=True)
    between = {"from_at": asked.from_at.isoformat(), "to_at": asked.to_at.isoformat()}
    tell(backfill, "started", now=now, by=by, total=total, **between)
    wakeups.tell_beat()
    return backfill


def _new(schedule: Schedule, asked: Wanted, *, total: int, by: str, now: datetime) -> Backfill:
    below = max(0, schedule.priority - BELOW_LIVE)
    return Backfill(
        schedule=schedule,
        from_at=asked.from_at,
        to_at=asked.to_at,
        order=asked.order,
        reprocess=asked.reprocess,
        overlap=overlap_named(asked.overlap).value,
        concurrency=asked.concurrency,
        priority=below if asked.priority is None else asked.priority,
        input=asked.input,
        next_at=now,
        total=total,
        created_by=by,
        created_at=now,
    )


@transaction.atomic
def pause(backfill: Backfill, *, by: str, now: datetime, reason: str = "") -> Backfill:
    """Start nothing more until it is resumed; what runs goes on.

    Raises:
        IllegalBackfillMove: it is not running.
    """
    locked = lock(backfill)
    move(locked, Backfill.State.PAUSED, now=now, by=by, reason=reason)
    places.freeze(locked, now=now)
    return locked


@transaction.atomic
def resume(backfill: Backfill, *, by: str, now: datetime) -> Backfill:
    """Go on with a paused backfill where it stopped.

    Raises:
        IllegalBackfillMove: it is not paused.
    """
    locked = lock(backfill)
    move(locked, Backfill.State.RUNNING, now=now, by=by)
    places.unfreeze(locked, now=now)
    wakeups.tell_beat()
    return locked


@transaction.atomic
def cancel(
    backfill: Backfill, *, by: str, now: datetime, running: Running = "leave", reason: str = ""
) -> Backfill:
    """End a backfill: what waits is never run, and counts as never run for a later one.

    Args:
        running: whether its running executions are left alone or cancelled too.

    Raises:
        IllegalBackfillMove: it has ended already.
    """
    locked = lock(backfill)
    give_up(locked, by=by, now=now, reason=reason)
    if running == "cancel":
        _cancel_running(locked, by=by, now=now)
    return locked


def give_up(backfill: Backfill, *, by: str, now: datetime, reason: str) -> None:
    """Cancel a locked backfill in the caller's transaction, and leave its running executions alone."""
    move(backfill, Backfill.State.CANCELLED, now=now, by=by, reason=reason)
    places.clear(backfill, why="its backfill was cancelled", now=now)


def _cancel_running(backfill: Backfill, *, by: str, now: datetime) -> None:
    """Cancel what runs of a backfill whose group is locked: that lock comes before a row's."""
    active = Execution.objects.filter(group_key=places.group_of(backfill), state=ExecutionState.RUNNING)
    for execution in active.filter(fire_kind=backfill.fire_kind).order_by("pk"):
        try:
            executions.cancel(execution, by=by, now=now)
        except IllegalMove:
            continue  # it has ended meanwhile
