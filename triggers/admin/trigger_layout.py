"""How the settings of a trigger are grouped, named and explained on its page."""

from typing import Any

from triggers.admin.fields import EXPRESSION_HELP

TAB = ["tab"]
FILTERS_HELP = (
    "YAML: from paths in the event to what must be there: <code>data.kind: new</code>, "
    '<code>subject: "42"</code>. All must hold.'
)
INPUT_HELP = (
    "YAML, with expressions over <code>event</code>: <code>order: ${{ event.data.id }}</code>; or one expression "
    "that gives an object. "
)

FIELDSETS: tuple[Any, ...] = (
    (None, {"fields": ("organization", "name", "workflow", "description", "based_on")}),
    (
        "What starts it",
        {"classes": TAB, "fields": ("cause", "pattern", "source", "after", "filters", "condition")},
    ),
    ("What it starts", {"classes": TAB, "fields": ("input", "priority", "queue")}),
    (
        "Gathering",
        {
            "classes": TAB,
            "fields": (
                "gathering",
                "debounce",
                "debounce_max",
                "batch_size",
                "batch_window",
                "join_window",
                "group_key",
            ),
        },
    ),
    (
        "Limits",
        {
            "classes": TAB,
            "fields": ("rate_limit", "rate_period", "overlap", "concurrency_limit", "concurrency_key"),
        },
    ),
)

# To read: of those with a condition the browser would ask for fields that are not there.
READ_ONLY: tuple[Any, ...] = (
    (None, {"fields": ("organization", "name", "workflow", "description")}),
    ("What starts it", {"classes": TAB, "fields": ("waits_text", "filters_text", "condition")}),
    ("What it starts", {"classes": TAB, "fields": ("input_text", "priority", "queue")}),
    ("Gathering", {"classes": TAB, "fields": ("gathered_text", "group_key")}),
    (
        "Limits",
        {"classes": TAB, "fields": ("rate_text", "overlap", "concurrency_limit", "concurrency_key")},
    ),
)

# By field: when it means something, as the browser asks.
CONDITIONS = {
    "pattern": "cause == 'events'",
    "source": "cause == 'events'",
    "after": "cause == 'ends'",
    "debounce": "gathering == 'burst'",
    "debounce_max": "gathering == 'burst'",
    "batch_size": "gathering == 'batch'",
    "batch_window": "gathering == 'batch'",
    "join_window": "cause == 'ends'",
    "group_key": "gathering != '' || cause == 'ends'",
    "concurrency_limit": "overlap != 'allow_all'",
    "concurrency_key": "overlap != 'allow_all'",
}

LABELS = {
    "pattern": "Type",
    "group_key": "Together by",
    "batch_size": "How many",
    "rate_limit": "Starts at most",
    "overlap": "If a run is active",
    "concurrency_limit": "Active runs at once",
    "concurrency_key": "Of one",
}

HELP = {
    "pattern": "Of the events: <code>order.created</code> exactly, a prefix such as <code>order.*</code>, or "
    "<code>*</code> for all that is sent. What Horarium tells itself has names too: <code>workflow.failed</code>.",
    "source": "Where the event was sent from, exactly; empty for anywhere.",
    "group_key": f"{EXPRESSION_HELP}: what has one value is gathered together; <code>event.data.customer</code>. "
    "Empty: everything; of several ends those of one nominal time.",
    "condition": f"{EXPRESSION_HELP} that must be true: <code>event.data.total &gt; 100</code>.",
    "batch_size": "Starts with so many: their list is <code>event.data.events</code>.",
    "rate_limit": "More of them are dropped and recorded. Empty for no limit.",
    "overlap": "<b>allow all</b>: starts. <b>skip</b>: not started. <b>buffer one</b>: the first waits, later ones "
    "are skipped. <b>buffer all</b>: they wait in order. <b>cancel other</b>: starts once the active one has ended. "
    "<b>terminate other</b>: ends the active one at once.",
    "concurrency_limit": "More than one only where new runs are skipped, buffered or allowed.",
    "concurrency_key": f"{EXPRESSION_HELP}: starts with one value compete, others do not; "
    "<code>event.data.customer</code>. Empty: all compete.",
    "priority": "0 to 9; 9 is claimed first.",
    "queue": "Step queue; a worker must serve it.",
}
