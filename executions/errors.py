"""What can go wrong with an execution."""

from collections.abc import Sequence
from uuid import UUID

from workflows.duration import format_duration
from workflows.errors import Invalid
from workflows.limits import Limit


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

    def __init__(self) -> None:
        super().__init__(
            "not started: another run is active; give `overlap` as allow_all, buffer_all or cancel_other to start it"
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


class InvalidQueue(Invalid):
    """Settings of a queue or a move that the caller must correct; `errors` names them."""


class QueueFull(ExecutionError):
    """Enough waits in the queue already; start it later, in another queue, or let `max_waiting` be raised."""

    def __init__(self, queue: str, *, max_waiting: int) -> None:
        super().__init__(
            f"queue {queue!r} is full: {max_waiting} steps wait in it; try later, or name another queue"
        )


class AlreadyDecided(ExecutionError):
    """Somebody has decided before; the caller is told what."""

    def __init__(self, what: str) -> None:
        super().__init__(f"already decided: {what}")


class NotAsked(ExecutionError):
    """The step asks for no decision now: it has not come to that, or its deadline has passed. Read it again."""

    def __init__(self) -> None:
        super().__init__("this step does not wait for a decision now; look at its execution")


class LimitReached(ExecutionError):
    """A limit of the workflow is full and refuses more; start it again when an execution has ended."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        full = " or ".join(_in_words(limit) for limit in limits)
        super().__init__(
            f"not started: the limit of {full} is full; try again later, or write `when_full: wait`"
        )


def _in_words(limit: Limit) -> str:
    """Return a limit without the value of its key, which is part of an input and perhaps a secret."""
    counted = (
        f"{limit.running} running"
        if limit.per is None
        else f"{limit.starts} starts per {format_duration(limit.per)}"
    )
    return counted if limit.key is None else f"{counted} for each {limit.key}"


class TooManyWaiting(ExecutionError):
    """As many wait for a place as may; come back later."""

    def __init__(self) -> None:
        super().__init__("not started: too many starts wait for a place already; try again later")
