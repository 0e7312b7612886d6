"""How an attempt can end, as plain data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

TOO_LATE = "not started: no worker took it before its start deadline"


@dataclass(frozen=True, slots=True)
class Completed:
    """The step has its result: any JSON value."""

    output: Any = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """The step's condition was false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The attempt raised, was answered with an error, or took too long.

    Attributes:
        error_classes: dotted names of the error's class and its bases, for the retry policy.
        status: of the HTTP answer, where there was one.
        retry_in: the delay that the step's own code asked for; wins over the policy's where it is longer.
        is_final: the step's own code says that another attempt makes no sense.
        was_interrupted: nobody knows how far it came; one that is to have its effect once ends ambiguous.
        output: plain JSON that the step has as its output where this ends it.
    """

    error: str
    error_class: str
    error_classes: Sequence[str] = ()
    status: int | None = None
    retry_after: timedelta | None = None
    retry_in: timedelta | None = None
    traceback: str = ""
    timed_out: bool = False
    is_final: bool = False
    was_interrupted: bool = False
    output: Any = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The step goes on at `resume_at`, or when what it waits for has happened; no worker is held until then.

    Attributes:
        waits_for: a value of `models.WaitsFor`.
        waits_key: of an event its type.
        kept: JSON that the next run of the step finds in `call.kept`.
    """

    resume_at: datetime | None
    waits_for: str = "time"
    waits_key: str = ""
    kept: Any = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """Nothing was tried, and nothing failed: try at `until`."""

    until: datetime
    waits_for: str = "circuit"
    waits_key: str = ""


@dataclass(frozen=True, slots=True)
class Expanded:
    """The list that a `for_each` step runs for."""

    items: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Released:
    """A stopping worker hands the step back; counts neither as failure nor as crash.

    Attributes:
        was_interrupted: its code had begun.
    """

    was_interrupted: bool = True


@dataclass(frozen=True, slots=True)
class Lost:
    """The lease ended: the worker died or fell silent."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The running code was interrupted because its execution is being cancelled."""


@dataclass(frozen=True, slots=True)
class TooLate:
    """A worker took the first step after the execution's start deadline; nothing has run."""


Outcome = Completed | Skipped | Failed | Waiting | Deferred | Expanded | Released | Lost | Cancelled | TooLate
