"""What happened: executions, dead letters, the queue and the processes; to read and to act on."""

from executions.admin.circuits import CircuitAdmin
from executions.admin.dead_letters import DeadLetterAdmin
from executions.admin.executions import ExecutionAdmin
from executions.admin.queue import ApprovalAdmin, AttemptAdmin, PulseAdmin, StepRunAdmin
from executions.admin.queue_settings import QueueMinuteAdmin, QueueSettingAdmin
from executions.admin.workers import WorkerNodeAdmin

__all__ = [
    "ApprovalAdmin",
    "AttemptAdmin",
    "CircuitAdmin",
    "DeadLetterAdmin",
    "ExecutionAdmin",
    "PulseAdmin",
    "QueueMinuteAdmin",
    "QueueSettingAdmin",
    "StepRunAdmin",
    "WorkerNodeAdmin",
]
