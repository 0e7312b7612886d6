"""What happened: executions, dead letters, the queue and the processes; to read and to act on."""

from executions.admin.dead_letters import DeadLetterAdmin
from executions.admin.executions import ExecutionAdmin
from executions.admin.queue import AttemptAdmin, PulseAdmin, StepRunAdmin

__all__ = ["AttemptAdmin", "DeadLetterAdmin", "ExecutionAdmin", "PulseAdmin", "StepRunAdmin"]
