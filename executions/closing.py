"""End executions on request: ask, or end at once."""

from datetime import datetime
from uuid import UUID

from events.services import append
from executions import queries
from executions.advancing import advance, planned
from executions.errors import IllegalMove
from executions.models import Ending, Execution, StepRun
from executions.queries import Closed
from executions.rules.outcomes import TOO_LATE
from executions.states import EXECUTION_MOVES, ExecutionState
from executions.subject import subject_of
from workflows.definition import Definition
from workflows.services import definition_of

NOT_CLOSED = Closed(done=False)


def request_cancel(
    execution_id: UUID, *, by: str, now: datetime, ends_as: Ending = Ending.CANCELLED, error: str = ""
) -> Closed:
    """Request the end of an execution in the caller's transaction.

    What nobody runs ends, running steps are interrupted; then finished steps are
    compensated and the `always` steps run. With nothing of that to do, or before
    it was admitted, it ends at once.

    Raises:
        IllegalMove: it has already ended, or is being wound up and will end otherwise.
    """
    locked = _locked(execution_id)
    definition = definition_of(locked.version_id)
    if locked.cancel_requested_at is None:
        _check_undecided(locked, definition)
        locked.cancel_requested_at, locked.ends_as = now, ends_as
        # Kept until it has ended, which may be long after, by the hand of a worker that does not know why.
        locked.error = error or (f"cancelled by {by}" if ends_as == Ending.CANCELLED else "")
        locked.save(update_fields=["cancel_requested_at", "ends_as", "error"])
    if locked.state == ExecutionState.PENDING:
        queries.disown_steps(locked.pk, now=now)  # a redrive has taken some over
        return _close(locked, by=by, error=locked.error, now=now)
    done = advance(subject_of(locked), definition, ends_as=locked.ends_as, now=now, error=error)
    for event in done.events:
        event.data.setdefault("by", by)
    append(done.events)
    return done.closed


def terminate(execution_id: UUID, *, by: str, now: datetime) -> Closed:
    """End an execution at once in the caller's transaction: running code is disowned, not asked.

    Nothing is compensated and no `always` step runs. A worker that still runs
    one of its steps finds its lease lost.

    Raises:
        IllegalMove: it has already ended.
    """
    locked = _locked(execution_id)
    queries.disown_steps(locked.pk, now=now)
    return _close(locked, by=by, error=f"terminated by {by}", now=now)


def expire(execution_id: UUID, *, now: datetime) -> Closed:
    """End, in the caller's transaction, an execution that nobody began before its start deadline.

    Not `done` where a worker has taken a step, or somebody has ended it, meanwhile.
    """
    locked = Execution.objects.select_for_update().get(pk=execution_id)
    if locked.state != ExecutionState.RUNNING or _has_begun(locked):
        return NOT_CLOSED
    queries.cancel_open_steps(locked.pk, now=now)
    if _has_begun(locked):  # the worker that was faster finds out itself that it is too late
        return NOT_CLOSED
    return _close(locked, by="start deadline", error=TOO_LATE, now=now)


def _has_begun(execution: Execution) -> bool:
    return StepRun.objects.filter(execution=execution, attempt__gt=0).exists()


def _locked(execution_id: UUID) -> Execution:
    locked = Execution.objects.select_for_update().get(pk=execution_id)
    if ExecutionState.CANCELLED not in EXECUTION_MOVES[ExecutionState(locked.state)]:
        raise IllegalMove("the execution", state=locked.state, to="cancelled")
    return locked


def _check_undecided(locked: Execution, definition: Definition) -> None:
    """Refuse to ask for an end once compensations and hooks run: they were told how it ends."""
    if locked.state == ExecutionState.RUNNING and (result := planned(locked.pk, definition).result):
        raise IllegalMove("the execution", state=f"about to end as {result}", to="cancelled")


def _close(locked: Execution, *, by: str, error: str, now: datetime) -> Closed:
    closed = queries.close(locked.pk, state=ExecutionState.CANCELLED, error=error, now=now)
    append([subject_of(locked).event("workflow.cancelled", now=now, data={"by": by})])
    return closed
