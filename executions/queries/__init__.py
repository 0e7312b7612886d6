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
from executions.queries.claims import NOBODY, Claim, Renewal, Slot, claim, expired, held, interval, renew
from executions.queries.finishes import (
    Closed,
    Settled,
    cancel_open_steps,
    close,
    disown_steps,
    finished_steps,
    settle,
    step_states,
)
from executions.queries.groups import (
    Admitted,
    Dropped,
    admit,
    drop_these,
    drop_waiting,
    occupancy,
    stuck_groups,
)
from executions.queries.groups import holders as group_holders
from executions.queries.groups import lock as lock_groups
from executions.queries.groups import mark as mark_groups
from executions.queries.groups import set_limit as set_group_limit
from executions.queries.groups import waiting as group_waiting
from executions.queries.items import (
    begin_items,
    begins_no_more,
    cancel_items,
    count_items,
    counted_items,
    end_whole,
    item_left,
)
from executions.queries.shortcuts import (
    complete_and_go_on,
    complete_item,
    complete_item_and_begin,
    complete_last_step,
)
from executions.queries.waits import make_ready, release_due
from executions.queries.watch import (
    Ended,
    has_begun,
    overdue_executions,
    overdue_queues,
    overdue_starts,
    pulse,
    schedules_to_tell,
    take_ended,
)

__all__ = [
    "NOBODY",
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
    "begin_items",
    "begins_no_more",
    "cancel_items",
    "cancel_open_steps",
    "claim",
    "close",
    "complete_and_go_on",
    "complete_item",
    "complete_item_and_begin",
    "complete_last_step",
    "count_items",
    "counted_items",
    "disown_steps",
    "drop_these",
    "drop_waiting",
    "end_whole",
    "expired",
    "finished_steps",
    "group_holders",
    "group_waiting",
    "has_begun",
    "held",
    "insert_step_runs",
    "interval",
    "item_left",
    "lock_groups",
    "make_ready",
    "mark_groups",
    "occupancy",
    "overdue_executions",
    "overdue_queues",
    "overdue_starts",
    "pulse",
    "record",
    "recorded",
    "release_due",
    "renew",
    "schedules_to_tell",
    "set_group_limit",
    "settle",
    "step_states",
    "stuck_groups",
    "take_ended",
]
