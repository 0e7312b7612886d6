"""REST: start workflows; executions, dead letters, queues and workers."""

from executions.views.approvals import ApprovalViewSet
from executions.views.circuits import CircuitViewSet
from executions.views.dead_letters import DeadLetterViewSet
from executions.views.executions import ExecutionViewSet
from executions.views.queues import MoveViewSet, QueueViewSet
from executions.views.starts import IDEMPOTENCY_KEY, StartViewSet, answer
from executions.views.step_runs import StepRunViewSet
from executions.views.workers import WorkerViewSet

__all__ = [
    "IDEMPOTENCY_KEY",
    "ApprovalViewSet",
    "CircuitViewSet",
    "DeadLetterViewSet",
    "ExecutionViewSet",
    "MoveViewSet",
    "QueueViewSet",
    "StartViewSet",
    "StepRunViewSet",
    "WorkerViewSet",
    "answer",
]
