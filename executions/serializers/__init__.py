"""Executions, their steps and attempts, starts and dead letters as JSON."""

from executions.serializers.approvals import ApprovalSerializer, DecisionSerializer
from executions.serializers.dead_letters import DeadLetterSerializer, DiscardSerializer
from executions.serializers.executions import (
    AttemptSerializer,
    ExecutionSerializer,
    ExecutionSummarySerializer,
    NothingSerializer,
    StepRunSerializer,
)
from executions.serializers.starts import KEY_HELP, PRIORITY_HELP, StartedSerializer, StartSerializer

__all__ = [
    "KEY_HELP",
    "PRIORITY_HELP",
    "ApprovalSerializer",
    "AttemptSerializer",
    "DeadLetterSerializer",
    "DecisionSerializer",
    "DiscardSerializer",
    "ExecutionSerializer",
    "ExecutionSummarySerializer",
    "NothingSerializer",
    "StartSerializer",
    "StartedSerializer",
    "StepRunSerializer",
]
