"""What the end of a run means to its schedule: the next time after completion, and pausing after failures.

Ends are taken from the executions that the schedule asked to hear of, in the
transaction that acts on them: each end counts once, whoever looks, however often.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

import clock
from events.services import append
from executions import queries as executions
from executions.queries import Ended
from executions.states import EXECUTION_FAILED, ExecutionState
from schedules import skips, timetable
from schedules.fire import set_aside
from schedules.models import Schedule
from schedules.reasons import Reason
from schedules.services.search import lock_many, move, save_standing, search
from schedules.states import ScheduleState
from schedules.told import schedule_event

BATCH = 200  # ends looked at in one pass
AUTHOR = "auto-pause"


@transaction.atomic
def follow_ends() -> int:
    """Take the ends of runs that schedules wait for, and return how many schedules were told.

    Schedules that another process holds are left for the next pass.
    """
    waiting = executions.schedules_to_tell(BATCH)
    if not waiting:
        return 0
    now = clock.now()
    locked = {schedule.pk: schedule for schedule in lock_many(waiting)}
    ended = executions.take_ended([*locked, *_gone(waiting)])
    for schedule in locked.values():
        _tell_one(schedule, [end for end in ended if end.schedule_id == schedule.pk], now=now)
    return len(locked)


def _gone(schedule_ids: Iterable[UUID]) -> list[UUID]:
    """Return those of the schedules that were purged: nobody waits for their runs any more."""
    wanted = set(schedule_ids)
    return list(wanted - set(Schedule.objects.filter(pk__in=wanted).values_list("pk", flat=True)))


def _tell_one(schedule: Schedule, ended: list[Ended], *, now: datetime) -> None:
    """Tell one schedule; one that cannot be evaluated is set aside and keeps no other waiting."""
    try:
        with transaction.atomic():
            _tell(schedule, ended, now=now)
    except (ValueError, TypeError) as error:
        set_aside(schedule.pk, error=error)


def _tell(schedule: Schedule, ended: list[Ended], *, now: datetime) -> None:
    for end in ended:
        _count(schedule, end)
    if ended and timetable.follows_its_runs(schedule):
        schedule.ended_at = max(end.finished_at for end in ended)
        if schedule.state == ScheduleState.ACTIVE:
            search(schedule)
    last_failure = next((end for end in reversed(ended) if end.state in EXECUTION_FAILED), None)
    limit = schedule.auto_pause_after
    if schedule.state == ScheduleState.ACTIVE and last_failure and 0 < limit <= schedule.consecutive_failures:
        _pause(schedule, last_failure, now=now)
    save_standing(schedule)


def _count(schedule: Schedule, end: Ended) -> None:
    """Count failures in a row; a cancelled run says nothing, nor does one from before a resume."""
    if end.created_at < schedule.effective_from:
        return
    if end.state in EXECUTION_FAILED:
        schedule.consecutive_failures += 1
    elif end.state == ExecutionState.COMPLETED:
        schedule.consecutive_failures = 0


def _pause(schedule: Schedule, failure: Ended, *, now: datetime) -> None:
    reason = f"{schedule.consecutive_failures} failures in a row; the last is execution {failure.id}: {failure.error}"
    schedule.cursor_at = skips.record_owed(schedule, reason=Reason.PAUSED, detail=reason, now=now)
    move(schedule, ScheduleState.PAUSED)
    schedule.pause_reason, schedule.paused_by = reason[:500], AUTHOR
    facts = {"by": AUTHOR, "reason": reason[:300], "execution_id": str(failure.id)}
    append([schedule_event(schedule, "schedule.paused", now=now, **facts)])
