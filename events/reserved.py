"""Types of events that only Horarium tells."""

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


def reserved_prefix(type_: str) -> str | None:
    """Return the prefix by which a type is Horarium's own, or None where anybody may send it."""
    return next((prefix for prefix in OURS if type_.startswith(prefix)), None)
