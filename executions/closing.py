"""End executions on request: ask, or end at once."""

from datetime import datetime
from uuid import UUID

from events.services import NewEvent, append
from executions import queries
from executions.errors import IllegalMove
from executions.models import Execution, StepRun
from executions.outcomes import TOO_LATE
from executions.states import EXECUTION_MOVES, ExecutionState, StepState


def request_cancel(execution_id: UUID, *, by: str, now: datetime) -> Execution:
    """Request the end of an execution in the caller's transaction.

    Ready steps never run, running ones are interrupted. With none running, or
    before it was admitted, it ends at once.

    Raises:
        IllegalMove: it has already ended.
    """
    locked = _locked(execution_id)
    if locked.cancel_requested_at is None:
        locked.cancel_requested_at = now
        locked.save(update_fields=["cancel_requested_at"])
    queries.cancel_ready_steps(locked.pk, now=now)
    if not StepRun.objects.filter(execution=locked, state=StepState.RUNNING).exists():
        _close(locked, by=by, error="", now=now)
    return locked


def terminate(execution_id: UUID, *, by: str, now: datetime) -> Execution:
    """End an execution at once in the caller's transaction: running code is disowned, not asked.

    A worker that still runs one of its steps finds its lease lost.

    Raises:
        IllegalMove: it has already ended.
    """
    locked = _locked(execution_id)
    queries.disown_steps(locked.pk, now=now)
    _close(locked, by=by, error=f"terminated by {by}", now=now)
    return locked


def expire(execution_id: UUID, *, now: datetime) -> Execution | None:
    """End, in the caller's transaction, an execution that nobody began before its start deadline.

    Returns:
        The execution, or None where a worker has taken a step, or somebody has ended it, meanwhile.
    """
    locked = Execution.objects.select_for_update().get(pk=execution_id)
    if locked.state != ExecutionState.RUNNING or _has_begun(locked):
        return None
    queries.cancel_ready_steps(locked.pk, now=now)
    if _has_begun(locked):  # the worker that was faster finds out itself that it is too late
        return None
    _close(locked, by="start deadline", error=TOO_LATE, now=now)
    return locked


def _has_begun(execution: Execution) -> bool:
    return StepRun.objects.filter(execution=execution, attempt__gt=0).exists()


def _locked(execution_id: UUID) -> Execution:
    locked = Execution.objects.select_for_update().get(pk=execution_id)
    if ExecutionState.CANCELLED not in EXECUTION_MOVES[ExecutionState(locked.state)]:
        raise IllegalMove("the execution", state=locked.state, to="cancelled")
    return locked


def _close(locked: Execution, *, by: str, error: str, now: datetime) -> None:
    queries.close(locked.pk, state=ExecutionState.CANCELLED, error=error, now=now)
    append([_cancelled(locked, by=by, now=now)])
    locked.refresh_from_db()


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
