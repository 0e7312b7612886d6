"""How the settings of a schedule are grouped, named and explained on its page."""

from typing import Any

from schedules.admin.rule_fields import RULE_FIELDS, SHOWN_WHEN

TAB = ["tab"]

# To edit: form fields.
FIELDSETS: tuple[Any, ...] = (
    (None, {"fields": ("organization", "name", "workflow", "input", "description", "reason", "based_on")}),
    ("When", {"classes": TAB, "fields": ("kind", *RULE_FIELDS, "timezone", "start_at", "end_at")}),
    ("Calendars", {"classes": TAB, "fields": ("calendars", "on_excluded")}),
    (
        "Late times",
        {"classes": TAB, "fields": ("catchup", "catchup_max", "catchup_window", "start_deadline")},
    ),
    ("Overlap and spread", {"classes": TAB, "fields": ("overlap", "max_active", "spread", "spread_window")}),
    ("Limits", {"classes": TAB, "fields": ("auto_pause_after", "max_executions", "on_complete")}),
    ("Daylight saving", {"classes": TAB, "fields": ("dst_gap", "dst_overlap")}),
    ("Queue", {"classes": TAB, "fields": ("priority", "queue")}),
)

# To read: columns, and what the admin shows in place of some; of those with a condition the browser would
# ask for fields that are not there.
READ_ONLY: tuple[Any, ...] = (
    (None, {"fields": ("organization", "name", "workflow", "input_text", "description")}),
    ("When", {"classes": TAB, "fields": ("rule", "timezone", "start_at", "end_at")}),
    ("Calendars", {"classes": TAB, "fields": ("calendar_names", "on_excluded")}),
    ("Late times", {"classes": TAB, "fields": ("catchup", "most_late", "catchup_window", "start_deadline")}),
    ("Overlap and spread", {"classes": TAB, "fields": ("overlap", "max_active", "spread_text")}),
    *FIELDSETS[5:],
)

# By field: when it means something, as the browser asks.
CONDITIONS = {
    **SHOWN_WHEN,
    "spread_window": "spread != 'none'",
    "catchup_max": "catchup == 'all'",
}

LABELS = {
    "start_at": "Not before",
    "end_at": "Not after",
    "calendars": "Do not fire within",
    "on_excluded": "An excluded time",
    "catchup": "Of several late times, start",
    "catchup_max": "At most",
    "catchup_window": "Start a time at most this late",
    "start_deadline": "Drop what no worker takes within",
    "overlap": "If a run is active",
    "max_active": "Active runs at once",
    "spread": "Spread",
    "spread_window": "By at most",
    "auto_pause_after": "Pause after failures in a row",
    "max_executions": "Number of starts",
    "on_complete": "After the last start",
    "dst_gap": "A time that the clock skips",
    "dst_overlap": "A time that the clock shows twice",
}

HELP = {
    "start_at": "UTC, inclusive; empty for no bound.",
    "end_at": "UTC, inclusive; empty for no bound.",
    "on_excluded": "A moved time keeps its time of day, on the nearest day that is not excluded.",
    "catchup": "When beat was away and several times have come: the latest, the earliest within the window, "
    "all of them, or none but one that is reached within a minute.",
    "catchup_max": "The newest so many; empty for no cap.",
    "overlap": "<b>skip</b>: not started. <b>buffer one</b>: the first waits, later ones are skipped. "
    "<b>buffer all</b>: they wait in order. <b>cancel other</b>: starts once the active one has ended. "
    "<b>terminate other</b>: ends the active one at once. <b>allow all</b>: starts.",
    "max_active": "More than one only where new runs are skipped, buffered or allowed.",
    "spread": "Puts each start off by a fixed, scattered length, so that many schedules do not start at once.",
    "auto_pause_after": "0 never pauses. A cancelled run does not count.",
    "max_executions": "By the rules; runs by hand and backfills do not count. Empty for no limit.",
    "on_complete": "What becomes of the schedule when it has no more times, or has made all its starts.",
    "dst_gap": "<b>at gap end</b>: starts at the first instant after the jump. <b>shift</b>: an hour later, as "
    "far as the clock jumps.",
    "dst_overlap": "Rules such as <code>*/5 * * * *</code> follow elapsed time and run through both.",
    "priority": "0 to 9; 9 is claimed first.",
    "queue": "Step queue; a worker must serve it.",
}
