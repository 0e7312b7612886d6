"""Fire what is due: the only place where the clock starts executions.

Any number of processes may run a pass at the same time. Each takes due rows
that no other holds; one transaction records the executions, what was not
started and why, and where each schedule stands. A pass that dies anywhere
leaves the schedules due, and the unique key (schedule, kind, nominal time)
refuses what was recorded before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

import clock
from events.services import NewEvent, append
from executions.errors import ExecutionError
from executions.models import Source
from executions.services import Start, start_many
from schedules import misfire, queries, timetable
from schedules.models import Schedule, SkippedFire
from schedules.queries import Advance
from schedules.states import ScheduleState

log = structlog.get_logger(__name__)

BATCH = 200  # schedules per transaction
AUTO = "auto"  # fire kind of the rules themselves


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one schedule owes at `now`."""

    schedule: Schedule
    plan: misfire.Plan
    next_fire_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did: how many schedules it looked at, and whether more may be due."""

    now: datetime
    taken: int

    @property
    def is_full(self) -> bool:
        """Return whether the batch was full, so that another pass should follow at once."""
        return self.taken >= BATCH


def fire_due() -> Pass:
    """Fire one batch of due schedules. A schedule that cannot be evaluated or started is set aside."""
    try:
        return _fire_batch()
    except (OperationalError, InterfaceError):
        raise  # the database is away; nothing is wrong with any schedule
    except (DatabaseError, ValueError, ExecutionError) as error:
        log.warning("batch refused; firing one by one", error=str(error))
        return _fire_one_by_one()


@transaction.atomic
def _fire_batch() -> Pass:
    now = clock.now()
    due = list(_locked(now)[:BATCH])
    _record([evaluate(schedule, now=now) for schedule in due], now=now)
    return Pass(now, len(due))


def _locked(now: datetime) -> "QuerySet[Schedule]":
    due = Schedule.objects.due(now).select_related("workflow")
    return due.select_for_update(skip_locked=True, of=("self",))


def _fire_one_by_one() -> Pass:
    now = clock.now()
    ids = list(Schedule.objects.due(now).values_list("pk", flat=True)[:BATCH])
    for schedule_id in ids:
        try:
            _fire_one(schedule_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one bad schedule must not stop the others
            set_aside(schedule_id, error=error)
    return Pass(now, len(ids))


@transaction.atomic
def _fire_one(schedule_id: UUID) -> None:
    now = clock.now()
    schedule = _locked(now).filter(pk=schedule_id).first()
    if schedule is not None:
        _record([evaluate(schedule, now=now)], now=now)


@transaction.atomic
def set_aside(schedule_id: UUID, *, error: Exception) -> None:
    """Move a schedule that cannot fire to state `error` and record the time that it missed.

    An edit or a resume makes it active again.
    """
    now = clock.now()
    reason = f"{type(error).__name__}: {error}"[:1_000]
    schedule = Schedule.objects.select_for_update().get(pk=schedule_id)
    moved = Schedule.objects.filter(pk=schedule_id, state=ScheduleState.ACTIVE).update(
        state=ScheduleState.ERROR, error=reason, next_fire_at=None, next_due_at=None
    )
    if moved and schedule.next_fire_at is not None:
        log.error("schedule set aside", schedule_id=str(schedule_id), error=reason)
        SkippedFire.objects.create(
            schedule=schedule,
            first_fire_at=schedule.next_fire_at,
            last_fire_at=schedule.next_fire_at,
            count=1,
            reason=SkippedFire.Reason.ERROR,
            detail=reason[:500],
            created_at=now,
        )
        append([_event(schedule, "schedule.failed", now=now, data={"error": reason[:300]})])


def evaluate(schedule: Schedule, *, now: datetime) -> Evaluated:
    """Return what the schedule owes up to `now`, and when it fires next."""
    catch_up = misfire.CatchUp(misfire.CatchUpMode(schedule.catchup), schedule.catchup_window)
    plan = misfire.plan(timetable.times(schedule, after=schedule.cursor_at), now=now, catch_up=catch_up)
    following = timetable.times(schedule, after=plan.cursor or schedule.cursor_at)
    return Evaluated(schedule, plan, next(following, None))


def _record(evaluated: list[Evaluated], *, now: datetime) -> None:
    if not evaluated:
        return
    fires = [(item.schedule, fire_at) for item in evaluated for fire_at in item.plan.start]
    start_many([_cause(schedule, fire_at) for schedule, fire_at in fires], now=now)
    _record_missed(evaluated, now=now)
    queries.advance([_advance(item) for item in evaluated])
    append(_told(evaluated, now=now))


def _cause(schedule: Schedule, fire_at: datetime) -> Start:
    return Start(
        workflow=schedule.workflow,
        source=Source.SCHEDULE,
        input=schedule.input,
        schedule_id=schedule.pk,
        fire_kind=AUTO,
        fire_at=fire_at,
        priority=schedule.priority,
        queue=schedule.queue,
    )


def _record_missed(evaluated: list[Evaluated], *, now: datetime) -> None:
    rows = [
        SkippedFire(
            schedule=item.schedule,
            first_fire_at=missed.first,
            last_fire_at=missed.last,
            count=missed.count,
            reason=SkippedFire.Reason.MISFIRE,
            detail=f"reached at {now.isoformat(timespec='seconds')}; catch-up is {item.schedule.catchup}"
            f" within {item.schedule.catchup_window}",
            created_at=now,
        )
        for item in evaluated
        if (missed := item.plan.missed) is not None
    ]
    if rows:
        SkippedFire.objects.bulk_create(rows, ignore_conflicts=True)


def _advance(item: Evaluated) -> Advance:
    return Advance(
        id=item.schedule.pk,
        cursor_at=item.plan.cursor or item.schedule.cursor_at,
        last_fire_at=item.plan.start[-1] if item.plan.start else None,
        next_fire_at=item.next_fire_at,
        state=ScheduleState.ACTIVE if item.next_fire_at else ScheduleState.COMPLETED,
    )


def _told(evaluated: list[Evaluated], *, now: datetime) -> Iterable[NewEvent]:
    for item in evaluated:
        if item.next_fire_at is None:
            yield _event(item.schedule, "schedule.completed", now=now, data={})
        if (missed := item.plan.missed) is not None:
            data = {"reason": SkippedFire.Reason.MISFIRE.value, "count": missed.count}
            yield _event(item.schedule, "schedule.skipped", now=now, data=data)


def _event(schedule: Schedule, type_: str, *, now: datetime, data: dict[str, object]) -> NewEvent:
    return NewEvent(
        organization_id=schedule.organization_id,
        type=type_,
        at=now,
        workflow_id=schedule.workflow_id,
        schedule_id=schedule.pk,
        data=data,
    )
