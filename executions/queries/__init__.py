"""The statements of the hot paths, one module for each thing that happens to a step run.

Each is guarded on what was read, so that of two racing writers one changes the
row and the other learns that it did not. Lock order: execution, then step run.
"""

from executions.queries.births import NewExecution, NewStepRun, insert_step_runs, record
from executions.queries.claims import Claim, Renewal, Slot, claim, expired, renew
from executions.queries.finishes import (
    Settled,
    cancel_ready_steps,
    close,
    complete_only_step,
    settle,
    step_states,
)
from executions.queries.watch import overdue_queues, pulse

__all__ = [
    "Claim",
    "NewExecution",
    "NewStepRun",
    "Renewal",
    "Settled",
    "Slot",
    "cancel_ready_steps",
    "claim",
    "close",
    "complete_only_step",
    "expired",
    "insert_step_runs",
    "overdue_queues",
    "pulse",
    "record",
    "renew",
    "settle",
    "step_states",
]
