"""Fire what is due: the only place where the clock starts executions.

Any number of processes may run a pass at the same time. Each takes due rows
that no other holds; one transaction records the executions, what was not
started and why, and where each schedule stands. A pass that dies anywhere
leaves the schedules due, and the unique key (schedule, kind, nominal time)
refuses what was recorded before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

import clock
from events.services import NewEvent, append
from executions.admitting.admission import Admission
from executions.admitting.overlap import ENDS_OTHERS, Decision, OverlapPolicy
from executions.models import Source
from executions.services import Start, Verdict, start_many
from schedules import queries, skips, timetable, zone_data
from schedules.evaluation import Evaluated, Next, after_pass, evaluate
from schedules.misfire import MAX_REACHED, Fire, Skipped, joined
from schedules.models import Schedule
from schedules.queries import Advance, NewSkip
from schedules.reasons import Reason
from schedules.states import ScheduleState
from schedules.timetable import Calendars
from schedules.told import schedule_event

log = structlog.get_logger(__name__)

BATCH = 500  # schedules per transaction
BATCH_STARTS = 1_000  # executions per transaction, give or take one schedule's
WHY = {
    Decision.OVERLAP: "another run was active or waiting",
    Decision.BUFFER_FULL: "too many starts were waiting",
    Decision.LIMIT: "a limit of the workflow was full and refused it",
}
AUTO = "auto"  # fire kind of the rules themselves


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
    calendars = timetable.calendars_of(due)
    evaluated = list(_evaluate_some(due, now=now, calendars=calendars))
    _record(evaluated, now=now, calendars=calendars)
    return Pass(now, len(evaluated), is_full=len(due) >= BATCH or len(evaluated) < len(due))


def _evaluate_some(due: Iterable[Schedule], *, now: datetime, calendars: Calendars) -> Iterator[Evaluated]:
    """Evaluate schedules until a batch's worth of starts or of late times is found; the rest stay due."""
    starts = reached = 0
    for schedule in due:
        item = evaluate(schedule, now=now, calendars=calendars)
        yield item
        starts += len(item.plan.start)
        reached += item.plan.reached
        if starts >= BATCH_STARTS or reached >= MAX_REACHED:
            return


def _locked(now: datetime) -> "QuerySet[Schedule]":
    due = Schedule.objects.due(now).prefetch_related("workflow")
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
        calendars = timetable.calendars_of([schedule])
        _record([evaluate(schedule, now=now, calendars=calendars)], now=now, calendars=calendars)


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
    cursor_at = skips.record_owed(schedule, reason=Reason.ERROR, detail=reason, now=now)
    active.update(
        state=ScheduleState.ERROR, error=reason, cursor_at=cursor_at, next_fire_at=None, next_due_at=None
    )
    append([schedule_event(schedule, "schedule.failed", now=now, error=reason[:300])])


def _record(evaluated: Sequence[Evaluated], *, now: datetime, calendars: Calendars) -> None:
    if not evaluated:
        return
    wanted = [(item, fire) for item in evaluated for fire in item.plan.start]
    verdicts = start_many([_cause(item.schedule, fire) for item, fire in wanted], now=now)
    began: dict[UUID, list[tuple[Fire, Verdict]]] = {item.schedule.pk: [] for item in evaluated}
    for (item, fire), verdict in zip(wanted, verdicts, strict=True):
        began[item.schedule.pk].append((fire, verdict))

    unstarted = [_unstarted(item, began[item.schedule.pk]) for item in evaluated]
    skips.record(
        row
        for item, ranges in zip(evaluated, unstarted, strict=True)
        for row in _rows(item, ranges, began=began[item.schedule.pk], now=now)
    )
    stands = [_stand(item, began[item.schedule.pk], now=now, calendars=calendars) for item in evaluated]
    queries.advance(stands)
    append(
        event
        for item, ranges, stand in zip(evaluated, unstarted, stands, strict=True)
        for event in _told(item, ranges, stand=stand, now=now)
    )


def _cause(schedule: Schedule, fire: Fire) -> Start:
    deadline = schedule.start_deadline
    return Start(
        workflow=schedule.workflow,
        source=Source.SCHEDULE,
        input=schedule.input,
        schedule_id=schedule.pk,
        fire_kind=AUTO,
        fire_at=fire.fire_at,
        priority=schedule.priority,
        queue=schedule.queue,
        admission=place_of(schedule, due_at=fire.due_at),
        start_by=None if deadline is None else fire.due_at + deadline,
        is_watched=schedule.auto_pause_after > 0 or timetable.follows_its_runs(schedule),
    )


def place_of(schedule: Schedule, *, due_at: datetime, policy: str = "") -> Admission:
    """Return the group in which a schedule's runs compete, under its own policy or another."""
    wanted = OverlapPolicy(policy or schedule.overlap)
    return Admission(
        key=schedule.pk,
        policy=wanted,
        # One that ends the others wants to be alone.
        limit=1 if wanted in ENDS_OTHERS else schedule.max_active,
        waits_until=due_at + min(schedule.catchup_window, schedule.start_deadline or schedule.catchup_window),
    )


Began = Sequence[tuple[Fire, Verdict]]


def _unstarted(item: Evaluated, began: Began) -> list[Skipped]:
    """Return the ranges of times that were not started, by the plan or by what was active, in order."""
    refused = [
        Skipped(fire.fire_at, fire.fire_at, 1, Reason(verdict.decision.value), WHY[verdict.decision])
        for fire, verdict in began
        if verdict.is_refused
    ]
    ranges = sorted([*item.plan.skipped, *refused], key=lambda one: one.first)
    return joined(ranges, apart=_begun(began))


def _begun(began: Began) -> list[datetime]:
    return sorted(fire.fire_at for fire, verdict in began if not verdict.is_refused)


def _rows(item: Evaluated, ranges: Sequence[Skipped], *, began: Began, now: datetime) -> Iterator[NewSkip]:
    """Yield the rows of skipped ranges; one that goes on from the last pass grows."""
    begun = _begun(began)
    for place, skipped in enumerate(ranges):
        goes_on = place == 0 and (not begun or skipped.first < begun[0])
        yield skips.row(item.schedule, skipped, now=now, after=item.schedule.cursor_at if goes_on else None)


def _stand(item: Evaluated, began: Began, *, now: datetime, calendars: Calendars) -> Advance:
    started = [fire.fire_at for fire, verdict in began if verdict.id is not None]
    schedule, ahead = after_pass(item, started=len(started), now=now, calendars=calendars)
    return _advance(schedule, ahead, started=started)


def _advance(schedule: Schedule, ahead: Next, *, started: Sequence[datetime]) -> Advance:
    return Advance(
        id=schedule.pk,
        cursor_at=schedule.cursor_at,
        last_fire_at=started[-1] if started else None,
        next_fire_at=ahead.fire_at,
        next_due_at=ahead.due_at,
        state=ahead.state,
        started=len(started),
        ended_at=schedule.ended_at,
        skip_times="{" + ",".join(at.isoformat() for at in schedule.skip_times) + "}",
        zone_data=zone_data.edition(),
    )


def _told(item: Evaluated, ranges: Sequence[Skipped], *, stand: Advance, now: datetime) -> Iterator[NewEvent]:
    if stand.state != ScheduleState.ACTIVE:
        yield schedule_event(item.schedule, "schedule.completed", now=now, state=stand.state)
    for skipped in ranges:
        facts = {"reason": skipped.reason.value, "count": skipped.count}
        yield schedule_event(item.schedule, "schedule.skipped", now=now, **facts)
