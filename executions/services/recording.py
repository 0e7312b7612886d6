"""Insert executions for causes on which was decided."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from events.services import hint
from executions import opening, queries
from executions.admitting.overlap import STARTS, WAITS, Decision
from executions.queries import NewExecution, places
from executions.queries.places import NewPlace
from executions.services.causes import Checked, Verdict
from executions.states import ExecutionState
from workflows.services import definition_of


def record(causes: Sequence[Checked], decisions: Sequence[Decision], *, now: datetime) -> list[Verdict]:
    """Insert the causes that start or wait, with what follows at once; return what became of each, in order."""
    rows = [
        None if decision not in STARTS | WAITS else _new_execution(cause, decision, now=now)
        for cause, decision in zip(causes, decisions, strict=True)
    ]
    wanted = [row for row in rows if row is not None]
    opened = [
        row
        for row, cause in zip(rows, causes, strict=True)
        if row and row.state == ExecutionState.RUNNING and not cause.cause.takes_over
    ]
    steps = [step for row in opened for step in opening.first_steps(row, now=now)]
    events = [event for row in wanted for event in opening.told(row, now=now)]
    born = queries.record(wanted, steps, events) if wanted else set()
    _insert_places(
        (row, cause)
        for row, cause in zip(rows, causes, strict=True)
        if row and cause.places and row.id in born
    )
    hint(event for event in events if event.execution_id in born)
    opening.wake(step for step in steps if step.execution_id in born)
    return [
        Verdict(row.id if row is not None and row.id in born else None, decision)
        for row, decision in zip(rows, decisions, strict=True)
    ]


def _insert_places(born: Iterable[tuple[NewExecution, Checked]]) -> None:
    rows = [
        NewPlace(
            group_key=place.key,
            execution_id=row.id,
            limit=place.limit,
            per_seconds=place.per_seconds,
            is_admitted=row.state == ExecutionState.RUNNING,
        )
        for row, checked in born
        for place in checked.places
    ]
    if rows:
        places.insert(rows)


def _new_execution(checked: Checked, decision: Decision, *, now: datetime) -> NewExecution:
    cause, version_id = checked.cause, checked.version_id
    workflow = cause.workflow
    place = cause.admission if cause.admission and cause.admission.is_grouped else None
    waits = decision in WAITS
    timeout = definition_of(version_id).timeout
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
        waits_until=cause.admission.waits_until if cause.admission and waits else None,
        start_by=cause.start_by,
        is_watched=cause.is_watched,
        created_at=now,
        parent_step_id=cause.parent_step_id,
        deadline_at=None if timeout is None or waits else now + timeout,
        has_places=bool(checked.places),
        trigger_id=cause.trigger_id,
        event_id=cause.event_id,
        depth=cause.depth,
    )
