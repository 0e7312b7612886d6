"""The kinds of steps, how their attempts run, and how often each is tried."""

from workflows.steps.body import Body
from workflows.steps.model import LONGEST_TIMEOUT, Deadline, Delay, Model, Timeout
from workflows.steps.retry import CircuitBreaker, Retry
from workflows.steps.step import (
    COMPENSATE,
    ID_PATTERN,
    KINDS,
    MAX_ITEMS,
    UNDOING,
    ApprovalStep,
    BaseStep,
    Compensation,
    HttpStep,
    RemoteTaskStep,
    SetStep,
    Step,
    TaskStep,
    WaitStep,
    WorkflowStep,
    compensation_of,
)
from workflows.steps.wait import EventWait, parse_instant

__all__ = [
    "COMPENSATE",
    "ID_PATTERN",
    "KINDS",
    "LONGEST_TIMEOUT",
    "MAX_ITEMS",
    "UNDOING",
    "ApprovalStep",
    "BaseStep",
    "Body",
    "CircuitBreaker",
    "Compensation",
    "Deadline",
    "Delay",
    "EventWait",
    "HttpStep",
    "Model",
    "RemoteTaskStep",
    "Retry",
    "SetStep",
    "Step",
    "TaskStep",
    "Timeout",
    "WaitStep",
    "WorkflowStep",
    "compensation_of",
    "parse_instant",
]
