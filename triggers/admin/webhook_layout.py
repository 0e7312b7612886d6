"""How the settings of a webhook are grouped, named and explained on its page."""

from typing import Any

from triggers.admin.fields import EXPRESSION_HELP

TAB = ["tab"]
# Options of a scheme, by the form's fields: one of Django's forms has a prefix of its own.
OPTIONS = {
    "header": "header",
    "encoding": "encoding",
    "before": "prefix",
    "id_header": "id_header",
    "timestamp_header": "timestamp_header",
}

_START = (
    "What it starts",
    {"classes": TAB, "fields": ("filters", "condition", "input", "priority", "queue")},
)
_PROOF = ("scheme", *OPTIONS, "tolerance_seconds", "id_path")
_REQUESTS = (
    "What it takes",
    {"classes": TAB, "fields": ("content_types", "max_body_bytes", "allowed_networks", "rate_limit")},
)
ADD: tuple[Any, ...] = (
    (None, {"fields": ("organization", "name", "workflow", "description")}),
    ("Who may send", {"classes": TAB, "fields": (*_PROOF, "secret")}),
    _START,
    _REQUESTS,
)
CHANGE: tuple[Any, ...] = (
    (None, {"fields": ("organization", "name", "workflow", "description", "based_on")}),
    ("Who may send", {"classes": TAB, "fields": _PROOF}),
    _START,
    _REQUESTS,
)

# To read: columns, and what the admin shows in place of some.
READ_ONLY: tuple[Any, ...] = (
    (None, {"fields": ("organization", "name", "workflow", "description")}),
    (
        "Who may send",
        {"classes": TAB, "fields": ("scheme_name", "options_text", "tolerance_seconds", "id_path")},
    ),
    (
        "What it starts",
        {"classes": TAB, "fields": ("filters_text", "condition", "input_text", "priority", "queue")},
    ),
    (
        "What it takes",
        {"classes": TAB, "fields": ("types_text", "max_body_bytes", "networks_text", "rate_limit")},
    ),
)

_PLAIN, _OF_HEADERS = "scheme == 'hmac'", "scheme == 'hmac' || scheme == 'bearer'"
# By field: when it means something, as the browser asks.
CONDITIONS = {
    "header": _OF_HEADERS,
    "id_header": _OF_HEADERS,
    "encoding": _PLAIN,
    "before": _PLAIN,
    "timestamp_header": _PLAIN,
    "tolerance_seconds": f"scheme != 'github' && scheme != 'bearer' && ({_PLAIN} ? timestamp_header : true)",
}

LABELS = {
    "scheme": "Proved by",
    "tolerance_seconds": "Age at most, in seconds",
    "id_path": "Id in the body",
    "max_body_bytes": "Body at most, in bytes",
    "rate_limit": "Deliveries in a minute at most",
}

HELP = {
    "tolerance_seconds": "By the signed time; a request that is older, or lies as far ahead, is refused.",
    "id_path": "Where a delivery has its id, if no header has it: <code>event.id</code>. What comes again with the "
    "same id starts nothing twice.",
    "condition": f"{EXPRESSION_HELP} that must be true: <code>event.data.total &gt; 100</code>, "
    "<code>event.headers['x-github-event'] == 'push'</code>.",
    "max_body_bytes": "1 to 1,000,000; more is answered 413.",
    "rate_limit": "More are answered 429; 0 sets no bound.",
    "priority": "0 to 9; 9 is claimed first.",
    "queue": "Step queue; a worker must serve it.",
}
