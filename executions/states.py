"""The two life cycles as tables of legal moves."""

from django.db.models import TextChoices


class ExecutionState(TextChoices):
    """Where an execution is."""

    PENDING = "pending"  # waits for its place in a group; has no steps yet
    RUNNING = "running"  # its steps are ready, running or waiting
    COMPLETED = "completed"  # every step completed or was skipped by its condition
    FAILED = "failed"  # a step failed after its last retry
    CANCELLED = "cancelled"  # ended on request


class StepState(TextChoices):
    """Where a step run is."""

    READY = "ready"  # may be claimed from `available_at` on
    RUNNING = "running"  # leased by a worker
    COMPLETED = "completed"
    FAILED = "failed"  # its last attempt failed
    TIMED_OUT = "timed_out"  # its last attempt exceeded the step's timeout
    CANCELLED = "cancelled"  # its execution ended before it could run
    SKIPPED = "skipped"  # its condition was false, or a step it needs was skipped


EXECUTION_MOVES: dict[ExecutionState, frozenset[ExecutionState]] = {
    ExecutionState.PENDING: frozenset({ExecutionState.RUNNING, ExecutionState.CANCELLED}),
    ExecutionState.RUNNING: frozenset(
        {ExecutionState.COMPLETED, ExecutionState.FAILED, ExecutionState.CANCELLED}
    ),
    ExecutionState.COMPLETED: frozenset(),
    ExecutionState.FAILED: frozenset(),
    ExecutionState.CANCELLED: frozenset(),
}

STEP_MOVES: dict[StepState, frozenset[StepState]] = {
    StepState.READY: frozenset({StepState.RUNNING, StepState.CANCELLED}),
    StepState.RUNNING: frozenset(
        {
            StepState.READY,  # a retry, a wait, a hand-back or a rescue
            StepState.COMPLETED,
            StepState.FAILED,
            StepState.TIMED_OUT,
            StepState.CANCELLED,
            StepState.SKIPPED,
        }
    ),
    StepState.COMPLETED: frozenset(),
    StepState.FAILED: frozenset(),
    StepState.TIMED_OUT: frozenset(),
    StepState.CANCELLED: frozenset(),
    StepState.SKIPPED: frozenset(),
}

EXECUTION_FINAL = frozenset(state for state, moves in EXECUTION_MOVES.items() if not moves)
STEP_FINAL = frozenset(state for state, moves in STEP_MOVES.items() if not moves)
