"""What people, programs and the apps above may do to executions."""

from executions.services.causes import Start, Started, Verdict
from executions.services.ending import cancel, terminate
from executions.services.starting import MAX_KEY, QUEUE, QUEUE_HELP, check, start, start_many

__all__ = [
    "MAX_KEY",
    "QUEUE",
    "QUEUE_HELP",
    "Start",
    "Started",
    "Verdict",
    "cancel",
    "check",
    "start",
    "start_many",
    "terminate",
]
