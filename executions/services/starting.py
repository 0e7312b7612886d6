"""Start executions: the only place where one is born, whatever the cause."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from events.services import hint
from executions import admission, opening, queries
from executions.admission import Admission
from executions.errors import IdempotencyConflict, IllegalMove, InvalidStart, NotStartable, Overlapping
from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE, Execution
from executions.overlap import ENDS_OTHERS, STARTS, WAITS, Decision
from executions.queries import NewCause, NewExecution
from executions.states import ExecutionState
from workflows.definition import check_input
from workflows.errors import InvalidInput, Problem
from workflows.models import Workflow
from workflows.services import definition_of

QUEUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
QUEUE_HELP = "use letters, digits, dots, hyphens and underscores, 63 at most"
MAX_KEY = 200  # characters of an idempotency key


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A cause to run a workflow once. `input` must fit the schema of the workflow's current version.

    Attributes:
        admission: the group in which it competes for a place; without one it starts.
        start_by: a worker that takes its first step later ends it instead.
        is_watched: somebody wants to know of its end; see `queries.take_ended`.
    """

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
    admission: Admission | None = None
    start_by: datetime | None = None
    is_watched: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A cause that may start, with the version that it runs and its whole input."""

    cause: Start
    version_id: UUID
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Started:
    """The execution that a cause has; `created` is False where the cause had one before."""

    id: UUID
    created: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one cause: an execution, or None where its key already has one or `decision` refused it."""

    id: UUID | None
    decision: Decision

    @property
    def is_refused(self) -> bool:
        return self.decision not in STARTS | WAITS


def start(cause: Start, *, now: datetime) -> Started:
    """Record an execution and make its first steps ready, or return the one its idempotency key names.

    Raises:
        InvalidInput: the input does not fit the workflow.
        InvalidStart: priority, queue or key are out of bounds.
        NotStartable: the workflow is archived.
        IdempotencyConflict: the key was used for another workflow or input.
        Overlapping: others of its group are active and the policy does not let it wait.
    """
    if (earlier := _earlier(cause)) is not None:
        return earlier
    (verdict,) = start_many([cause], now=now)
    if verdict.id is not None:
        return Started(verdict.id, created=True)
    if (earlier := _earlier(cause)) is not None:
        return earlier
    if verdict.is_refused:
        raise Overlapping(verdict.decision)
    raise IllegalMove("the fire", state="started", to="started again")


def start_many(causes: Sequence[Start], *, now: datetime) -> list[Verdict]:
    """Record executions with one statement.

    Safe to repeat for causes with a unique key: (schedule, kind, nominal time)
    or idempotency key.

    Returns:
        For each cause what became of it, in order.

    Raises:
        InvalidInput, InvalidStart, NotStartable: of any cause; nothing is recorded.
    """
    if not causes:
        return []
    checked = [_checked(cause) for cause in causes]
    if not any(cause.admission for cause in causes):
        return _record(checked, [Decision.START] * len(causes), now=now)
    with transaction.atomic(savepoint=False):
        decisions = admission.decide(_places(causes), now=now)
        verdicts = _record(checked, decisions, now=now)
        waiting = {
            c.admission.key for c, d in zip(causes, decisions, strict=True) if c.admission and d in WAITS
        }
        admission.settle(waiting, now=now)
    return verdicts


def _places(causes: Sequence[Start]) -> list[Admission | None]:
    """Return the places that causes compete for, with their groups locked.

    A repeat of what is recorded already competes for none: it must not end the
    run that the first one started.
    """
    wanted = [cause.admission for cause in causes]
    admission.lock(wanted)
    clearing = [
        NewCause(
            place,
            cause.workflow.organization_id,
            cause.schedule_id,
            cause.fire_kind,
            cause.fire_at,
            cause.idempotency_key,
        )
        for place, cause in enumerate(causes)
        if cause.admission and cause.admission.policy in ENDS_OTHERS
    ]
    repeated = queries.recorded(clearing) if clearing else set()
    return [None if place in repeated else one for place, one in enumerate(wanted)]


def _record(causes: Sequence[Checked], decisions: Sequence[Decision], *, now: datetime) -> list[Verdict]:
    """Insert those that start or wait, and return what became of each."""
    rows = [
        None if decision not in STARTS | WAITS else _new_execution(cause, decision, now=now)
        for cause, decision in zip(causes, decisions, strict=True)
    ]
    wanted = [row for row in rows if row is not None]
    steps = [
        s for row in wanted if row.state == ExecutionState.RUNNING for s in opening.first_steps(row, now=now)
    ]
    events = [event for row in wanted for event in opening.told(row, now=now)]
    born = queries.record(wanted, steps, events) if wanted else set()
    hint(event for event in events if event.execution_id in born)
    opening.wake(step for step in steps if step.execution_id in born)
    return [
        Verdict(row.id if row is not None and row.id in born else None, decision)
        for row, decision in zip(rows, decisions, strict=True)
    ]


def _new_execution(checked: Checked, decision: Decision, *, now: datetime) -> NewExecution:
    cause, version_id = checked.cause, checked.version_id
    workflow = cause.workflow
    place = cause.admission if cause.admission and cause.admission.is_grouped else None
    waits = decision in WAITS
    return NewExecution(
        id=uuid7(),
        organization_id=workflow.organization_id,
        workflow_id=workflow.pk,
        version_id=version_id,
        state=ExecutionState.PENDING if waits else ExecutionState.RUNNING,
        source=cause.source,
        schedule_id=cause.schedule_id,
        fire_kind=cause.fire_kind,
        fire_at=cause.fire_at,
        idempotency_key=cause.idempotency_key,
        input=Jsonb(checked.input),
        priority=cause.priority,
        queue=cause.queue,
        redrive_of_id=cause.redrive_of_id,
        started_by=cause.by,
        group_key=place.key if place else None,
        group_limit=place.limit if place else 1,
        waits_until=place.waits_until if place and waits else None,
        start_by=cause.start_by,
        is_watched=cause.is_watched,
        created_at=now,
    )


def _checked(cause: Start) -> Checked:
    workflow = cause.workflow
    if problems := list(_problems(cause)):
        raise InvalidStart(problems)
    version_id = workflow.current_version_id
    if workflow.state != Workflow.State.ACTIVE or version_id is None:
        raise NotStartable(f"workflow {workflow.name} is {workflow.state}; it starts nothing")
    return Checked(cause, version_id, check_input(definition_of(version_id), cause.input))


def _problems(cause: Start) -> Iterator[Problem]:
    if type(cause.priority) is not int or not 0 <= cause.priority <= 9:
        yield Problem(path="priority", message="write a number from 0 to 9; 9 runs first")
    if not QUEUE.fullmatch(cause.queue):
        yield Problem(path="queue", message=QUEUE_HELP)
    if cause.idempotency_key is not None and not 1 <= len(cause.idempotency_key) <= MAX_KEY:
        yield Problem(path="idempotency_key", message=f"write 1 to {MAX_KEY} characters")


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
