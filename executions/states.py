"""The two life cycles as tables of legal moves."""

from django.db.models import TextChoices


class ExecutionState(TextChoices):
    """Where an execution is."""

    PENDING = "pending"  # waits for its place in a group; has no steps yet
    RUNNING = "running"  # its steps are ready, running or waiting
    COMPLETED = "completed"  # every step completed or was skipped by its condition
    FAILED = "failed"  # a step failed after its last retry
    TIMED_OUT = "timed_out"  # its deadline passed
    CANCELLED = "cancelled"  # ended on request


class StepState(TextChoices):
    """Where a step run is."""

    READY = "ready"  # may be claimed
    WAITING = "waiting"  # until `available_at`, or until what `waits_for` names has happened
    RUNNING = "running"  # leased by a worker
    COMPLETED = "completed"
    FAILED = "failed"  # its last attempt failed
    TIMED_OUT = "timed_out"  # its last attempt exceeded the step's timeout
    CANCELLED = "cancelled"  # its execution ended before it could run
    SKIPPED = "skipped"  # its condition was false, or a step it needs was skipped
    AMBIGUOUS = "ambiguous"  # was interrupted, and may have its effect once only; counts as failed


EXECUTION_MOVES: dict[ExecutionState, frozenset[ExecutionState]] = {
    ExecutionState.PENDING: frozenset({ExecutionState.RUNNING, ExecutionState.CANCELLED}),
    ExecutionState.RUNNING: frozenset(
        {
            ExecutionState.COMPLETED,
            ExecutionState.FAILED,
            ExecutionState.TIMED_OUT,
            ExecutionState.CANCELLED,
        }
    ),
    ExecutionState.COMPLETED: frozenset(),
    ExecutionState.FAILED: frozenset(),
    ExecutionState.TIMED_OUT: frozenset(),
    ExecutionState.CANCELLED: frozenset(),
}

_ENDS = frozenset(
    {
        StepState.COMPLETED,
        StepState.FAILED,
        StepState.TIMED_OUT,
        StepState.CANCELLED,
        StepState.SKIPPED,
        StepState.AMBIGUOUS,
    }
)
STEP_MOVES: dict[StepState, frozenset[StepState]] = {
    StepState.READY: frozenset({StepState.RUNNING, StepState.CANCELLED}),
    # Besides time, what it waits for may end it: an answer, a person, its items.
    StepState.WAITING: _ENDS | {StepState.READY, StepState.WAITING},
    # Ready: handed back or rescued. Waiting: a retry, or a step that holds no worker meanwhile.
    StepState.RUNNING: _ENDS | {StepState.READY, StepState.WAITING},
    **dict.fromkeys(_ENDS, frozenset[StepState]()),
}

EXECUTION_FINAL = frozenset(state for state, moves in EXECUTION_MOVES.items() if not moves)
EXECUTION_FAILED = frozenset({ExecutionState.FAILED, ExecutionState.TIMED_OUT})
STEP_FINAL = frozenset(state for state, moves in STEP_MOVES.items() if not moves)
