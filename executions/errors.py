"""What can go wrong with an execution."""

from uuid import UUID

from workflows.errors import Invalid


class ExecutionError(Exception):
    """Base of what callers of `executions.services` may meet."""


class IllegalMove(ExecutionError):
    """The life cycle has no such move from the state that the row has now; read it again and decide."""

    def __init__(self, what: str, *, state: str, to: str) -> None:
        super().__init__(f"{what} is {state}; it cannot become {to}")


class InvalidStart(Invalid):
    """Settings of a start that the caller must correct; `errors` names `priority`, `queue` or `idempotency_key`."""


class NotStartable(ExecutionError):
    """The workflow refuses new executions; the caller chose the wrong one or an archived one."""


class Overlapping(ExecutionError):
    """Others of its group are active and its overlap policy refuses it; wait, or start it with another policy."""

    def __init__(self, reason: str) -> None:
        why = "too many starts wait already" if reason == "buffer_full" else "another run is active"
        super().__init__(
            f"not started: {why}; give `overlap` as allow_all, buffer_all or cancel_other to start it"
        )


class IdempotencyConflict(ExecutionError):
    """The key already names another cause; the caller must use a new key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"idempotency_key {key!r} was used for another workflow or input; use a new key")


class AlreadyRedriven(ExecutionError):
    """The dead letter is settled; look at the execution that took its place."""


class LostLease(ExecutionError):
    """The attempt no longer holds its step run; the worker drops what it has."""

    def __init__(self, step_run_id: UUID, attempt: int) -> None:
        super().__init__(f"attempt {attempt} of step run {step_run_id} is no longer held")


class UnknownStep(LookupError):
    """A state belongs to no step of the definition: the caller mixed two versions. A bug; do not retry."""

    def __init__(self, step_id: str) -> None:
        self.step_id = step_id
        super().__init__(f"the definition has no step {step_id!r}")
