"""What people, programs and the apps above may do to executions."""

from executions.services.ending import cancel, discard, redrive, terminate
from executions.services.starting import (
    MAX_KEY,
    QUEUE,
    QUEUE_HELP,
    Start,
    Started,
    Verdict,
    start,
    start_many,
)

__all__ = [
    "MAX_KEY",
    "QUEUE",
    "QUEUE_HELP",
    "Start",
    "Started",
    "Verdict",
    "cancel",
    "discard",
    "redrive",
    "start",
    "start_many",
    "terminate",
]
