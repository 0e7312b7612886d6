"""Executions that steps of others have started: what their end means above, and the end above for them."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import structlog

from executions import engine, queries
from executions.advancing import has_to_end
from executions.errors import IllegalMove
from executions.models import Execution
from executions.queries import families
from executions.queries.families import Child
from executions.rules.outcomes import Cancelled, Completed, Failed, Outcome
from executions.running import outputs
from executions.states import ExecutionState
from workflows.services import definition_of

log = structlog.get_logger(__name__)

BATCH = 100
MOST_BATCHES = 100  # of one sweep


def key_of(step_run_id: UUID, failures: int) -> str:
    """Return the idempotency key of the child that a step starts after so many failures."""
    return f"step:{step_run_id}:{failures}"


def child_of(step_run_id: UUID, *, failures: int, organization_id: UUID) -> Execution | None:
    """Return the child that a step waits for, or None where it has not been started."""
    keyed = Execution.objects.filter(
        organization_id=organization_id, idempotency_key=key_of(step_run_id, failures)
    )
    return keyed.filter(parent_step_id=step_run_id).select_related("workflow").defer("input").first()


def tell_parent(parent_step_id: UUID, *, now: datetime) -> None:
    """Settle the step that waits for a child, if that child has ended. Safe to repeat."""
    held = queries.held(parent_step_id)
    if held is None:
        return
    child = child_of(held.id, failures=held.failures, organization_id=held.organization_id)
    if child is not None and child.finished_at is not None:
        outcome = outcome_of(child, is_ending=bool(held.ends_as))
        engine.settle_waiting(held.id, outcome, attempt=held.attempt, now=now)


def tell_parents_left(*, now: datetime) -> int:
    """Settle the steps that a process which died has not told of their child's end; return how many."""
    left = families.untold_parents(BATCH)
    for step_run_id in left:
        try:
            tell_parent(step_run_id, now=now)
        except Exception:
            log.exception("parent cannot be told", step_run_id=str(step_run_id))
    return len(left)


def outcome_of(child: Execution, *, is_ending: bool) -> Outcome:
    """Return what the end of a child is for the step that waits for it.

    Args:
        is_ending: the parent's own end was requested.
    """
    about = f"workflow {child.workflow.name!r} ({child.pk})"
    match child.state:
        case ExecutionState.COMPLETED:
            return Completed(outputs.of_execution(child))
        case ExecutionState.CANCELLED if is_ending:
            return Cancelled()
        case ExecutionState.CANCELLED:
            return Failed(error=f"{about} was cancelled", error_class="ChildCancelled", is_final=True)
        case ExecutionState.TIMED_OUT:
            return Failed(error=f"{about} timed out: {child.error}", error_class="ChildTimedOut")
        case _:
            return Failed(error=f"{about} failed: {child.error}", error_class="ChildFailed")


def cancel_children(execution_id: UUID, *, now: datetime) -> None:
    """Request the end of the children of an execution that is to end, or has ended. Safe to repeat.

    Those of its compensations, `on_failure` and `always` run on, while the execution does. Of very many the
    sweep ends the others: somebody waits for this.
    """
    _cancel(families.running_children(execution_id, limit=BATCH), now=now)


def cancel_children_left(*, now: datetime) -> int:
    """Request the end of children that nobody waits for any more; return how many were found."""
    last, cancelled = queries.NOBODY, 0
    # Those of hooks and compensations, which run on, must not hide the others.
    for _ in range(MOST_BATCHES):
        found = families.children_left(BATCH, after=last)
        cancelled += _cancel(found, now=now)
        if len(found) < BATCH or cancelled >= BATCH:
            break
        last = found[-1].id
    return cancelled


def _cancel(children: Iterable[Child], *, now: datetime) -> int:
    from executions import services

    cancelled = 0
    for child in children:
        if not (child.is_orphan or has_to_end(definition_of(child.version_id), child.step)):
            continue
        try:
            services.cancel(Execution(pk=child.id), by="its parent", now=now)
        except IllegalMove:  # it has just ended by itself
            continue
        cancelled += 1
    return cancelled
