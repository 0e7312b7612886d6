"""Fire what is due: the only place where the clock starts executions.

Any number of processes may run a pass at the same time. Each takes due rows
that no other holds; one transaction records the executions, what was not
started and why, and where each schedule stands. A pass that dies anywhere
leaves the schedules due, and the unique key (schedule, kind, nominal time)
refuses what was recorded before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

import clock
from events.services import NewEvent, append
from executions.models import Source
from executions.services import Start, start_many
from schedules import misfire, queries, skips, timetable
from schedules.models import Schedule, SkippedFire
from schedules.queries import Advance
from schedules.states import ScheduleState

log = structlog.get_logger(__name__)

BATCH = 200  # schedules per transaction
BATCH_STARTS = 1_000  # executions per transaction, give or take one schedule's
BACKLOG_PAUSE = timedelta(milliseconds=250)  # between the parts of one schedule's backlog
AUTO = "auto"  # fire kind of the rules themselves


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one schedule owes at `now`.

    `next_due_at` is later than `next_fire_at` while a backlog is released.
    """

    schedule: Schedule
    plan: misfire.Plan
    next_fire_at: datetime | None
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did: how many schedules it fired, and whether more may be due at once."""

    now: datetime
    taken: int
    is_full: bool


def fire_due() -> Pass:
    """Fire one batch of due schedules. A schedule that cannot be evaluated or started is set aside."""
    try:
        return _fire_batch()
    except (OperationalError, InterfaceError):
        raise  # the database is away; nothing is wrong with any schedule
    except Exception as error:  # noqa: BLE001 - which schedule is to blame shows when each is fired alone
        log.warning("batch refused; firing one by one", error=str(error))
        return _fire_one_by_one()


@transaction.atomic
def _fire_batch() -> Pass:
    now = clock.now()
    due = list(_locked(now)[:BATCH])
    evaluated = list(_evaluate_some(due, now=now))
    _record(evaluated, now=now)
    return Pass(now, len(evaluated), is_full=len(due) >= BATCH or len(evaluated) < len(due))


def _evaluate_some(due: Iterable[Schedule], *, now: datetime) -> Iterator[Evaluated]:
    """Evaluate schedules until they start `BATCH_STARTS` executions; the rest stay due."""
    starts = 0
    for schedule in due:
        item = evaluate(schedule, now=now)
        yield item
        starts += len(item.plan.start)
        if starts >= BATCH_STARTS:
            return


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
    return Pass(now, len(ids), is_full=len(ids) >= BATCH)


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
    active = Schedule.objects.select_for_update().filter(pk=schedule_id, state=ScheduleState.ACTIVE)
    schedule = active.first()
    if schedule is None:
        return
    log.error("schedule set aside", schedule_id=str(schedule_id), error=reason)
    skips.record_owed(schedule, reason=SkippedFire.Reason.ERROR, detail=reason, now=now)
    active.update(state=ScheduleState.ERROR, error=reason, next_fire_at=None, next_due_at=None)
    append([_event(schedule, "schedule.failed", now=now, data={"error": reason[:300]})])


def evaluate(schedule: Schedule, *, now: datetime) -> Evaluated:
    """Return what the schedule owes up to `now`, and when it fires next."""
    catch_up = misfire.CatchUp(misfire.CatchUpMode(schedule.catchup), schedule.catchup_window)
    plan = misfire.plan(timetable.times(schedule, after=schedule.cursor_at), now=now, catch_up=catch_up)
    following = next(timetable.times(schedule, after=plan.cursor or schedule.cursor_at), None)
    due_at = following
    if plan.start and following is not None and following <= now:
        due_at = now + BACKLOG_PAUSE  # live fires come before the rest of a backlog
    return Evaluated(schedule, plan, following, due_at)


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
        skips.row(item.schedule, missed, reason=SkippedFire.Reason.MISFIRE, detail=_why(item, now), now=now)
        for item in evaluated
        if (missed := item.plan.missed) is not None
    ]
    if rows:
        skips.record(rows)


def _why(item: Evaluated, now: datetime) -> str:
    schedule = item.schedule
    reached = now.isoformat(timespec="seconds")
    return f"reached at {reached}; catch-up is {schedule.catchup} within {schedule.catchup_window}"


def _advance(item: Evaluated) -> Advance:
    return Advance(
        id=item.schedule.pk,
        cursor_at=item.plan.cursor or item.schedule.cursor_at,
        last_fire_at=item.plan.start[-1] if item.plan.start else None,
        next_fire_at=item.next_fire_at,
        next_due_at=item.next_due_at,
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
