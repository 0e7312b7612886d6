"""How an attempt can end, as plain data."""

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
    """The attempt raised, was answered with an error, or took too long."""

    error: str
    error_class: str
    status: int | None = None  # HTTP status, where there was an answer
    retry_after: timedelta | None = None
    traceback: str = ""
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """The step goes on at `resume_at`; nothing failed and no worker is held until then."""

    resume_at: datetime


@dataclass(frozen=True, slots=True)
class Released:
    """A stopping worker hands the step back; counts neither as failure nor as crash."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The lease ended: the worker died or fell silent."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The running code was interrupted because its execution is being cancelled."""


@dataclass(frozen=True, slots=True)
class TooLate:
    """A worker took the first step after the execution's start deadline; nothing has run."""


Outcome = Completed | Skipped | Failed | Waiting | Released | Lost | Cancelled | TooLate
