"""What happened: executions, their step runs and attempts, dead letters; queues, limits, circuits, workers."""

from executions.models.circuit import Circuit
from executions.models.columns import DEFAULT_PRIORITY, DEFAULT_QUEUE, PRIORITY
from executions.models.dead_letter import DeadLetter
from executions.models.execution import Ending, Execution, Source
from executions.models.place import Place
from executions.models.queue import QueueSetting
from executions.models.queue_minute import QueueMinute
from executions.models.step_run import WHOLE, Approval, Attempt, StepRun, WaitsFor
from executions.models.worker import Pulse, WorkerNode

__all__ = [
    "DEFAULT_PRIORITY",
    "DEFAULT_QUEUE",
    "PRIORITY",
    "WHOLE",
    "Approval",
    "Attempt",
    "Circuit",
    "DeadLetter",
    "Ending",
    "Execution",
    "Place",
    "Pulse",
    "QueueMinute",
    "QueueSetting",
    "Source",
    "StepRun",
    "WaitsFor",
    "WorkerNode",
]
