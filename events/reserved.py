"""Types and the source of events that only Horarium tells."""

OUR_SOURCE = "horarium"  # of what it tells itself, as triggers see it
OURS = (
    "schedule.",
    "workflow.",
    "circuit.",
    "queue.",
    "worker.",
    "dead_letter.",
    "backfill.",
    "calendar.",
    "trigger.",
    "webhook.",
)


TYPES = frozenset(
    {
        *("workflow.started", "workflow.waiting", "workflow.completed", "workflow.failed"),
        *("workflow.timed_out", "workflow.cancelled", "workflow.moved"),
        *("workflow.step.completed", "workflow.step.failed", "workflow.step.retrying"),
        *("workflow.step.progress", "workflow.step.waiting_for_approval", "workflow.step.refused"),
        *("schedule.triggered", "schedule.completed", "schedule.failed", "schedule.skipped"),
        *("schedule.paused", "schedule.resumed", "schedule.disabled"),
        *("schedule.skip_requested", "schedule.skip_withdrawn", "schedule.archived", "schedule.purged"),
        *("schedule.backfill.started", "schedule.backfill.paused", "schedule.backfill.resumed"),
        *("schedule.backfill.completed", "schedule.backfill.cancelled"),
        *("dead_letter.discarded", "circuit.opened", "circuit.closed"),
        *("queue.paused", "queue.resumed", "queue.changed", "queue.moved"),
        *("trigger.created", "trigger.changed", "trigger.paused", "trigger.resumed", "trigger.deleted"),
        *("webhook.created", "webhook.changed", "webhook.paused", "webhook.resumed", "webhook.deleted"),
        *("webhook.secret_added", "webhook.secret_removed"),
    }
)  # all that Horarium itself tells


def reserved_prefix(type_: str) -> str | None:
    """Return the prefix by which a type is Horarium's own, or None where anybody may send it."""
    return next((prefix for prefix in OURS if type_.startswith(prefix)), None)
