"""Finish an attempt and decide what its execution does next.

One transaction, guarded by (step run, attempt): a worker that lost its lease
changes nothing, and a second finish of the same attempt finds nothing to change.
"""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from events.announcements import announce_on_commit
from events.services import HINT, NewEvent, append
from executions import admission, graph, queries, wakeups
from executions.errors import LostLease
from executions.models import Attempt, DeadLetter, StepRun
from executions.outcomes import Completed, Outcome
from executions.queries import Claim, NewStepRun, Settled, Slot
from executions.states import StepState
from executions.verdicts import Record, judge
from workflows.definition import Definition
from workflows.services import definition_of

MAX_ERROR = 2_000  # characters of an error that the history keeps
MAX_TRACEBACK = 20_000


def finish(
    held: Claim, outcome: Outcome, *, now: datetime, slot: Slot | None = None, expired_only: bool = False
) -> Claim | None:
    """Record the outcome of an attempt, start what follows or close the execution.

    Safe to repeat: the second call raises and changes nothing.

    Args:
        now: the database's time, at most a few milliseconds old.
        slot: the finishing worker's, when it goes on: it is given a single
            follow-up step of its queue, or else the best ready step, with the
            same commit.
        expired_only: change nothing if the lease was renewed meanwhile.

    Returns:
        The step run that the slot now holds.

    Raises:
        LostLease: the attempt no longer holds its step run; drop the work.
    """
    definition = definition_of(held.version_id)
    if isinstance(outcome, Completed) and len(definition.steps) == 1:
        closed = queries.complete_only_step(held, outcome.output, slot=slot)
        if closed.done:
            announce_on_commit(HINT, str(held.organization_id))
            if closed.freed is not None:
                admission.let_others_in(closed.freed, now=now)
            return closed.claim
    follow_up, freed = _finish(held, outcome, definition, now=now, slot=slot, expired_only=expired_only)
    if freed is not None:
        admission.let_others_in(freed, now=now)
    return follow_up


@transaction.atomic
def _finish(
    held: Claim,
    outcome: Outcome,
    definition: Definition,
    *,
    now: datetime,
    slot: Slot | None,
    expired_only: bool,
) -> tuple[Claim | None, UUID | None]:
    """Return the step run that the slot now holds, and the group in which the close has made room."""
    policy = definition.step(held.step).retry
    settled, record = judge(held, outcome, policy=policy, now=now, jitter=random.random)
    settled = replace(settled, error=settled.error[:MAX_ERROR])
    written = queries.settle(held, settled, expired_only=expired_only)
    if written is None:
        raise LostLease(held.id, held.attempt)
    state, cancelling, now = written
    settled = replace(settled, state=state)
    if record is not None:
        _record_attempt(held, record, settled, now=now)
    events = _step_events(held, settled, record, now=now)
    follow_up, freed = _advance(
        held, settled, definition, cancelling=cancelling, slot=slot, now=now, events=events
    )
    append(events)
    if slot and follow_up is None:
        return queries.claim(slot), freed
    return follow_up, freed


def _record_attempt(held: Claim, record: Record, settled: Settled, *, now: datetime) -> None:
    Attempt.objects.create(
        step_run_id=held.id,
        number=held.attempt,
        outcome=record.outcome,
        error=record.error[:MAX_ERROR],
        traceback=record.traceback[-MAX_TRACEBACK:],
        worker=held.worker,
        started_at=held.started_at,
        finished_at=now,
        retry_at=settled.available_at if settled.state == StepState.READY else None,
    )


def _step_events(held: Claim, settled: Settled, record: Record | None, *, now: datetime) -> list[NewEvent]:
    facts: dict[str, Any] = {"step": held.step, "attempt": held.attempt}
    if settled.state == StepState.COMPLETED:
        return [_event(held, "workflow.step.completed", now=now, data=facts)]
    if settled.state in {StepState.FAILED, StepState.TIMED_OUT}:
        return [_event(held, "workflow.step.failed", now=now, data=facts | {"state": settled.state})]
    if settled.state == StepState.READY and record is not None:
        retry_at = settled.available_at.isoformat() if settled.available_at else None
        facts |= {"outcome": record.outcome, "retry_at": retry_at}
        return [_event(held, "workflow.step.retrying", now=now, data=facts)]
    return []


def _advance(
    held: Claim,
    settled: Settled,
    definition: Definition,
    *,
    cancelling: bool,
    slot: Slot | None,
    now: datetime,
    events: list[NewEvent],
) -> tuple[Claim | None, UUID | None]:
    """Apply the plan that follows from the states of a locked execution."""
    alone = len(definition.steps) == 1
    states = {held.step: settled.state} if alone else queries.step_states(held.execution_id)
    if settled.state == StepState.READY:
        _announce_later(held, settled, now=now)
    plan = _plan(definition, states, held.execution_id, cancelling=cancelling, now=now)

    follow_up = _start_steps(held, definition, plan, slot=slot, now=now)
    freed = _close(held, settled, plan.end, now=now, events=events) if plan.end else None
    return follow_up, freed


def _announce_later(held: Claim, settled: Settled, *, now: datetime) -> None:
    if settled.available_at is not None and settled.available_at > now:
        wakeups.tell_beat()
    else:
        wakeups.wake_on_commit(held.queue)


def _plan(
    definition: Definition, states: dict[str, str], execution_id: UUID, *, cancelling: bool, now: datetime
) -> graph.Plan:
    plan = graph.Plan(cancel=("*",)) if cancelling else graph.plan(definition, states)
    if plan.cancel:
        cancelled = queries.cancel_ready_steps(execution_id, now=now)
        states.update(dict.fromkeys(cancelled, StepState.CANCELLED.value))
        plan = graph.plan(definition, states)
    if not cancelling:
        return plan
    return graph.Plan(end=None if StepState.RUNNING in states.values() else "cancelled")


def _start_steps(
    held: Claim, definition: Definition, plan: graph.Plan, *, slot: Slot | None, now: datetime
) -> Claim | None:
    rows = [_new_step_run(held, definition, step, "skipped", now=now) for step in plan.skip]
    rows += [_new_step_run(held, definition, step, "ready", now=now) for step in plan.start]
    taken: NewStepRun | None = None
    if slot and len(plan.start) == 1 and rows[-1].queue == slot.queue:
        taken = rows[-1] = replace(
            rows[-1], state="running", worker=slot.worker, lease_expires_at=now + slot.lease
        )
    if rows:
        queries.insert_step_runs(rows)
    for queue, count in Counter(row.queue for row in rows if row.state == "ready").items():
        wakeups.wake_on_commit(queue, count=count)
    return _claim_of(held, taken, now=now) if taken else None


def _new_step_run(
    held: Claim, definition: Definition, step_id: str, state: str, *, now: datetime
) -> NewStepRun:
    step = definition.step(step_id)
    return NewStepRun(
        execution_id=held.execution_id,
        step=step.id,
        kind=step.kind,
        state=state,
        queue=step.queue or held.execution_queue,
        priority=held.priority,
        created_at=now,
    )


def _claim_of(held: Claim, row: NewStepRun, *, now: datetime) -> Claim:
    return replace(
        held,
        id=row.id,
        step=row.step,
        attempt=1,
        failures=0,
        crashes=0,
        created_at=now,
        started_at=now,
        resume_at=None,
        worker=row.worker,
    )


def _close(held: Claim, settled: Settled, end: str, *, now: datetime, events: list[NewEvent]) -> UUID | None:
    """Close the execution and return the group in which somebody waits for its place."""
    error = settled.error if end == "cancelled" else _reason(held, settled) if end == "failed" else ""
    closed = queries.close(held.execution_id, state=end, error=error[:MAX_ERROR], now=now)
    if not closed.done:
        return None
    if end == "failed":
        DeadLetter.objects.create(
            organization_id=held.organization_id, execution_id=held.execution_id, reason=error, created_at=now
        )
    events.append(_event(held, f"workflow.{end}", now=now, data={"error": error[:300]} if error else {}))
    return closed.freed


def _reason(held: Claim, settled: Settled) -> str:
    if settled.state in graph.FAILED:
        return f"{held.step}: {settled.error}"
    failed = StepRun.objects.filter(execution_id=held.execution_id, state__in=sorted(graph.FAILED))
    first = failed.order_by("finished_at", "id").first()
    return f"{first.step}: {first.error}" if first else ""


def _event(held: Claim, type_: str, *, now: datetime, data: Mapping[str, Any]) -> NewEvent:
    return NewEvent(
        organization_id=held.organization_id,
        type=type_,
        at=now,
        workflow_id=held.workflow_id,
        schedule_id=held.schedule_id,
        execution_id=held.execution_id,
        data=dict(data),
    )
