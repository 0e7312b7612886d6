"""Make the first steps of an execution ready, when it is recorded or when it gets its place."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from events.services import NewEvent, append
from executions import queries, wakeups
from executions.models import Execution, Source, StepRun
from executions.queries import Admitted, NewExecution, NewStepRun
from executions.rules import graph
from executions.states import ExecutionState, StepState
from workflows.services import definition_of


def first_steps(row: NewExecution | Admitted, *, now: datetime) -> list[NewStepRun]:
    """Return the step runs with which an execution begins."""
    definition = definition_of(row.version_id)
    return [
        NewStepRun(
            execution_id=row.id,
            organization_id=row.organization_id,
            step=step.id,
            kind=step.kind,
            state=StepState.READY,
            queue=step.queue or row.queue,
            priority=row.priority if step.priority is None else step.priority,
            created_at=now,
        )
        for step in map(definition.step, graph.plan(definition, {}).start)
    ]


def told(row: NewExecution, *, now: datetime) -> list[NewEvent]:
    """Return the events of a recorded execution: of a schedule's that it was triggered; started, or waiting."""
    is_waiting = row.state == ExecutionState.PENDING
    begun = _event(row, "workflow.waiting" if is_waiting else "workflow.started", now=now)
    if row.source == Source.SCHEDULE:
        return [replace(begun, type="schedule.triggered"), begun]
    return [begun]


def open_admitted(rows: Iterable[Admitted], *, now: datetime) -> None:
    """Start executions that have waited: their steps, their events, and wake-ups after the commit."""
    admitted = list(rows)
    if not admitted:
        return
    begun = _begun_elsewhere(admitted)
    steps = [step for row in admitted if row.id not in begun for step in first_steps(row, now=now)]
    queries.insert_step_runs(steps)
    _set_deadlines(admitted, now=now)
    append(_event(row, "workflow.started", now=now) for row in admitted)
    wake(steps)
    _resume(begun, now=now)


def _begun_elsewhere(admitted: Iterable[Admitted]) -> set[UUID]:
    """Return the executions that have step runs already: those of the one that they redrive."""
    rows = StepRun.objects.filter(execution__in=[row.id for row in admitted]).order_by()
    return set(rows.values_list("execution_id", flat=True).distinct())


def _resume(execution_ids: Iterable[UUID], *, now: datetime) -> None:
    from executions import engine
    from executions.dead_letters import resume

    for execution_id in execution_ids:
        closed = resume(Execution.objects.get(pk=execution_id), now=now)
        transaction.on_commit(partial(engine.after_close, closed, now=now), robust=True)


def _set_deadlines(admitted: Iterable[Admitted], *, now: datetime) -> None:
    """Let the deadlines of executions that have waited count from here."""
    for row in admitted:
        timeout = definition_of(row.version_id).timeout
        if timeout is not None:
            Execution.objects.filter(pk=row.id).update(deadline_at=now + timeout)


def wake(steps: Iterable[NewStepRun]) -> None:
    """Wake workers for new step runs, once the transaction has committed."""
    for queue, count in Counter(step.queue for step in steps).items():
        wakeups.wake_on_commit(queue, count=count)


def _event(row: NewExecution | Admitted, type_: str, *, now: datetime) -> NewEvent:
    data: dict[str, Any] = {"source": row.source}
    if row.fire_at is not None:
        data["fire_at"] = row.fire_at.isoformat()
    return NewEvent(
        organization_id=row.organization_id,
        type=type_,
        at=now,
        workflow_id=row.workflow_id,
        schedule_id=row.schedule_id,
        execution_id=row.id,
        data=data,
    )
