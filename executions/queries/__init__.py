"""The statements of the hot paths, one module for each thing that happens to a step run.

Each is guarded on what was read, so that of two racing writers one changes the
row and the other learns that it did not. Lock order: execution, then step run.
"""

from executions.queries.births import (
    NewCause,
    NewExecution,
    NewStepRun,
    insert_step_runs,
    record,
    recorded,
)
from executions.queries.claims import Claim, Renewal, Slot, claim, expired, renew
from executions.queries.finishes import (
    Closed,
    Settled,
    cancel_ready_steps,
    close,
    complete_only_step,
    disown_steps,
    settle,
    step_states,
)
from executions.queries.groups import Admitted, Dropped, admit, drop_waiting, occupancy, stuck_groups
from executions.queries.groups import holders as group_holders
from executions.queries.groups import lock as lock_groups
from executions.queries.groups import mark as mark_groups
from executions.queries.groups import set_limit as set_group_limit
from executions.queries.groups import waiting as group_waiting
from executions.queries.watch import (
    Ended,
    has_begun,
    overdue_queues,
    overdue_starts,
    pulse,
    schedules_to_tell,
    take_ended,
)

__all__ = [
    "Admitted",
    "Claim",
    "Closed",
    "Dropped",
    "Ended",
    "NewCause",
    "NewExecution",
    "NewStepRun",
    "Renewal",
    "Settled",
    "Slot",
    "admit",
    "cancel_ready_steps",
    "claim",
    "close",
    "complete_only_step",
    "disown_steps",
    "drop_waiting",
    "expired",
    "group_holders",
    "group_waiting",
    "has_begun",
    "insert_step_runs",
    "lock_groups",
    "mark_groups",
    "occupancy",
    "overdue_queues",
    "overdue_starts",
    "pulse",
    "record",
    "recorded",
    "renew",
    "schedules_to_tell",
    "set_group_limit",
    "settle",
    "step_states",
    "stuck_groups",
    "take_ended",
]
