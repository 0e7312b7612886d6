"""Start, cancel, redrive and discard: what people and programs may do to executions."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from events.services import NewEvent, append, hint
from executions import graph, queries, wakeups
from executions.errors import AlreadyRedriven, IdempotencyConflict, IllegalMove, InvalidStart, NotStartable
from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE, DeadLetter, Execution, Source, StepRun
from executions.queries import NewExecution, NewStepRun
from executions.states import EXECUTION_FINAL, EXECUTION_MOVES, ExecutionState, StepState
from workflows.definition import check_input
from workflows.errors import InvalidInput, Problem
from workflows.models import Workflow
from workflows.services import definition_of

QUEUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
QUEUE_HELP = "use letters, digits, dots, hyphens and underscores, 63 at most"
MAX_KEY = 200  # characters of an idempotency key


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A cause to run a workflow once. `input` must fit the schema of the workflow's current version."""

    workflow: Workflow
    source: str
    input: Mapping[str, Any] = field(default_factory=dict)
    schedule_id: UUID | None = None
    fire_kind: str = ""
    fire_at: datetime | None = None
    idempotency_key: str | None = None
    priority: int = DEFAULT_PRIORITY
    queue: str = DEFAULT_QUEUE
    redrive_of_id: UUID | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """The execution that a cause has; `created` is False where the cause had one before."""

    id: UUID
    created: bool


def start(cause: Start, *, now: datetime) -> Started:
    """Record an execution and make its first steps ready, or return the one its idempotency key names.

    Raises:
        InvalidInput: the input does not fit the workflow.
        InvalidStart: priority, queue or key are out of bounds.
        NotStartable: the workflow is archived.
        IdempotencyConflict: the key was used for another workflow or input.
    """
    if (earlier := _earlier(cause)) is not None:
        return earlier
    (execution_id,) = start_many([cause], now=now)
    if execution_id is not None:
        return Started(execution_id, created=True)
    if (earlier := _earlier(cause)) is None:
        raise IllegalMove("the fire", state="started", to="started again")
    return earlier


def start_many(causes: Sequence[Start], *, now: datetime) -> list[UUID | None]:
    """Record executions with one statement: the only place where one is born.

    Safe to repeat for causes with a unique key: (schedule, kind, nominal time)
    or idempotency key.

    Returns:
        For each cause the new execution's id, or None where its key already has one.

    Raises:
        InvalidInput, InvalidStart, NotStartable: of any cause; nothing is recorded.
    """
    rows = [_new_execution(cause, now=now) for cause in causes]
    if not rows:
        return []
    steps = [step for row in rows for step in _first_steps(row, now=now)]
    events = [event for row in rows for event in _told(row, now=now)]
    born = queries.record(rows, steps, events)
    hint(event for event in events if event.execution_id in born)
    for queue, count in Counter(step.queue for step in steps if step.execution_id in born).items():
        wakeups.wake_on_commit(queue, count=count)
    return [row.id if row.id in born else None for row in rows]


def _new_execution(cause: Start, *, now: datetime) -> NewExecution:
    workflow = cause.workflow
    version_id = workflow.current_version_id
    if workflow.state != Workflow.State.ACTIVE or version_id is None:
        raise NotStartable(f"workflow {workflow.name} is {workflow.state}; it starts nothing")
    _check(cause)
    return NewExecution(
        id=uuid7(),
        organization_id=workflow.organization_id,
        workflow_id=workflow.pk,
        version_id=version_id,
        source=cause.source,
        schedule_id=cause.schedule_id,
        fire_kind=cause.fire_kind,
        fire_at=cause.fire_at,
        idempotency_key=cause.idempotency_key,
        input=Jsonb(check_input(definition_of(version_id), cause.input)),
        priority=cause.priority,
        queue=cause.queue,
        redrive_of_id=cause.redrive_of_id,
        started_by=cause.by,
        created_at=now,
    )


def _check(cause: Start) -> None:
    problems = []
    if type(cause.priority) is not int or not 0 <= cause.priority <= 9:
        problems.append(Problem(path="priority", message="write a number from 0 to 9; 9 runs first"))
    if not QUEUE.fullmatch(cause.queue):
        problems.append(Problem(path="queue", message=QUEUE_HELP))
    if cause.idempotency_key is not None and not 1 <= len(cause.idempotency_key) <= MAX_KEY:
        problems.append(Problem(path="idempotency_key", message=f"write 1 to {MAX_KEY} characters"))
    if problems:
        raise InvalidStart(problems)


def _first_steps(row: NewExecution, *, now: datetime) -> list[NewStepRun]:
    definition = definition_of(row.version_id)
    return [
        NewStepRun(
            execution_id=row.id,
            step=step.id,
            kind=step.kind,
            state=StepState.READY,
            queue=step.queue or row.queue,
            priority=row.priority,
            created_at=now,
        )
        for step in map(definition.step, graph.plan(definition, {}).start)
    ]


def _told(row: NewExecution, *, now: datetime) -> list[NewEvent]:
    data: dict[str, Any] = {"source": row.source}
    if row.fire_at is not None:
        data["fire_at"] = row.fire_at.isoformat()
    started = NewEvent(
        organization_id=row.organization_id,
        type="workflow.started",
        at=now,
        workflow_id=row.workflow_id,
        schedule_id=row.schedule_id,
        execution_id=row.id,
        data=data,
    )
    return (
        [replace(started, type="schedule.triggered"), started] if row.source == Source.SCHEDULE else [started]
    )


def _earlier(cause: Start) -> Started | None:
    """Return what the cause's idempotency key started before, whatever has become of the workflow."""
    key = cause.idempotency_key
    if key is None:
        return None
    keyed = Execution.objects.filter(organization_id=cause.workflow.organization_id, idempotency_key=key)
    existing = keyed.only("workflow_id", "version_id", "input").first()
    if existing is None:
        return None
    if existing.workflow_id != cause.workflow.pk or not _is_same_input(existing, cause.input):
        raise IdempotencyConflict(key)
    return Started(existing.pk, created=False)


def _is_same_input(existing: Execution, given: Mapping[str, Any]) -> bool:
    try:
        return bool(existing.input == check_input(definition_of(existing.version_id), given))
    except InvalidInput:
        return False


@transaction.atomic
def cancel(execution: Execution, *, by: str, now: datetime) -> Execution:
    """Request the end of an execution: ready steps never run, running ones are interrupted.

    Safe to repeat while the execution is running.

    Raises:
        IllegalMove: the execution has already ended.
    """
    locked = Execution.objects.select_for_update().get(pk=execution.pk)
    if ExecutionState.CANCELLED not in EXECUTION_MOVES[ExecutionState(locked.state)]:
        raise IllegalMove("the execution", state=locked.state, to="cancelled")
    if locked.cancel_requested_at is None:
        locked.cancel_requested_at = now
        locked.save(update_fields=["cancel_requested_at"])
    queries.cancel_ready_steps(locked.pk, now=now)
    if not StepRun.objects.filter(execution=locked, state=StepState.RUNNING).exists():
        queries.close(locked.pk, state=ExecutionState.CANCELLED, error="", now=now)
        append([_cancelled(locked, by=by, now=now)])
        locked.refresh_from_db()
    return locked


def _cancelled(execution: Execution, *, by: str, now: datetime) -> NewEvent:
    return NewEvent(
        organization_id=execution.organization_id,
        type="workflow.cancelled",
        at=now,
        workflow_id=execution.workflow_id,
        schedule_id=execution.schedule_id,
        execution_id=execution.pk,
        data={"by": by},
    )


@transaction.atomic
def redrive(
    execution: Execution, *, by: str, now: datetime, new_input: Mapping[str, Any] | None = None
) -> Started:
    """Start a failed or cancelled execution again, from the beginning, with the current version.

    Args:
        new_input: replaces the old input where given.

    Raises:
        IllegalMove: the execution is running or has completed.
        AlreadyRedriven: its dead letter was redriven or discarded before.
        InvalidInput: the input does not fit the current version.
    """
    locked = Execution.objects.select_for_update().get(pk=execution.pk)
    if locked.state not in EXECUTION_FINAL or locked.state == ExecutionState.COMPLETED:
        raise IllegalMove("the execution", state=locked.state, to="redriven")
    again = Start(
        workflow=locked.workflow,
        source=Source.REDRIVE,
        input=locked.input if new_input is None else new_input,
        schedule_id=None,
        priority=locked.priority,
        queue=locked.queue,
        redrive_of_id=locked.pk,
        by=by,
    )
    started = start(again, now=now)
    _settle_dead_letter(locked, DeadLetter.Resolution.REDRIVEN, by=by, now=now, redriven_as_id=started.id)
    return started


@transaction.atomic
def discard(dead_letter: DeadLetter, *, by: str, now: datetime, note: str = "") -> None:
    """Close a dead letter without starting anything.

    Raises:
        AlreadyRedriven: it was redriven or discarded before.
    """
    _settle_dead_letter(dead_letter.execution, DeadLetter.Resolution.DISCARDED, by=by, now=now, note=note)


def _settle_dead_letter(
    execution: Execution, resolution: DeadLetter.Resolution, *, by: str, now: datetime, **changes: Any
) -> None:
    letter = DeadLetter.objects.filter(execution=execution)
    as_read = letter.filter(resolution=DeadLetter.Resolution.OPEN)
    settled = as_read.update(resolution=resolution, resolved_by=by, resolved_at=now, **changes)
    if not settled and (earlier := letter.first()) is not None:
        raise AlreadyRedriven(
            f"the dead letter was {earlier.resolution} by {earlier.resolved_by or 'somebody'} before"
        )
