"""The columns of a schedule that a person writes."""

DECIDE_TIMES = (
    "rules",
    "timezone",
    "start_at",
    "end_at",
    "dst_gap",
    "dst_overlap",
    "calendars",
    "on_excluded",
    "spread",
    "spread_window",
    "max_executions",
)
SETTINGS = (
    "name",
    "description",
    "workflow",
    "input",
    *DECIDE_TIMES,
    "on_complete",
    "overlap",
    "max_active",
    "catchup",
    "catchup_window",
    "catchup_max",
    "start_deadline",
    "auto_pause_after",
    "priority",
    "queue",
    "managed_by",
)
