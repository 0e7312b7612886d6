"""One rule as a few fields of a form, several as JSON."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from organizations.json_field import Json
from organizations.theme import Code, Line
from schedules import timetable
from schedules.admin.fields import Seconds
from schedules.models import Schedule
from schedules.recurrence import Basis, DayMatch, describe_all

SEVERAL = "several"
KINDS = (
    ("cron", "Cron"),
    ("interval", "Interval"),
    ("after_completion", "Delay after each run"),
    ("one_time", "One time"),
    ("dates", "List of dates"),
    ("rrule", "RRULE"),
    (SEVERAL, "Several rules, as JSON"),
)
# Of each kind, its form fields and the keys of the rule's JSON that they hold; the first is the one to blame.
FIELDS: dict[str, dict[str, str]] = {
    "cron": {"expression": "expression", "day_match": "day_match"},
    "interval": {"every": "every_seconds", "basis": "basis", "anchor": "anchor"},
    "after_completion": {"delay": "delay_seconds"},
    "one_time": {"at": "at"},
    "dates": {"dates": "dates"},
    "rrule": {"rrule": "rrule", "rrule_start": "start"},
    SEVERAL: {SEVERAL: ""},
}
RULE_FIELDS = tuple(field for fields in FIELDS.values() for field in fields)
SHOWN_WHEN = {field: f"kind == '{kind}'" for kind, fields in FIELDS.items() for field in fields}
LOCAL = (
    "<code>2026-12-01T09:00:00</code> is local time in the schedule's zone; with an offset it is an instant."
)


class Lines(Code):
    """A list of texts, one to a line."""

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the lines that are not empty."""
        if isinstance(value, list):
            return value
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]


def _choices(labels: Mapping[str, str], **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=list(labels.items()), required=False, widget=UnfoldAdminSelectWidget, **options
    )


class RuleFields(forms.Form):
    """The fields; a form inherits them and calls `rules_of`."""

    kind = forms.ChoiceField(choices=KINDS, label="Fires by", widget=UnfoldAdminSelectWidget)
    expression = Line(
        required=False,
        label="Cron expression",
        help_text="Minute, hour, day of month, month, day of week; six fields begin with seconds. "
        "Hourly <code>0 * * * *</code>, daily <code>30 9 * * *</code>, weekly <code>30 9 * * mon,thu</code>, "
        "on the last day of the month <code>30 9 L * *</code>. <code>H 3 * * *</code> spreads: some minute after 3.",
    )
    day_match = _choices(
        {DayMatch.OR: "either the day of month or the day of week", DayMatch.AND: "both"},
        label="Where both days are given, match",
    )
    every = Seconds(
        required=False, label="Every", help_text="<code>30s</code>, <code>15m</code>, <code>1d</code>."
    )
    basis = _choices(
        {Basis.ELAPSED: "elapsed time", Basis.WALL_CLOCK: "the wall clock: the time of day stays"},
        label="Counted in",
        help_text="The wall clock is for days and longer.",
    )
    anchor = Line(
        required=False,
        label="Counted from",
        help_text=f"{LOCAL} Empty: from the creation of the schedule. It is a phase, not a start.",
    )
    delay = Seconds(
        required=False,
        label="Delay",
        help_text="From the end of one run to the start of the next: <code>10m</code>.",
    )
    at = Line(required=False, label="At", help_text=LOCAL)
    dates = Lines(required=False, rows=6, label="Dates", help_text=f"One to a line. {LOCAL}")
    rrule = Code(
        required=False,
        rows=3,
        label="RRULE",
        help_text="RFC 5545, as calendars write it: <code>FREQ=MONTHLY;BYDAY=2TU;BYHOUR=9;BYMINUTE=0</code>.",
    )
    rrule_start = Line(
        required=False,
        label="Counted from",
        help_text="Local time; it decides what the RRULE leaves open. Empty: the creation of the schedule.",
    )
    several = Json(
        required=False,
        of=list,
        rows=8,
        label="Rules",
        help_text='<code>[{"kind": "cron", "expression": "0 9 * * *"}, '
        '{"kind": "interval", "every_seconds": 90}]</code>, or a preset such as '
        '<code>{"preset": "monthly", "day": "last", "at": "09:30"}</code>; times that coincide fire once.',
    )


def initial_of(rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields that show `rules`: as JSON where there are several, or one of no known kind."""
    kind = rules[0].get("kind") if len(rules) == 1 and isinstance(rules[0], dict) else None
    if kind not in FIELDS or kind == SEVERAL:
        return {"kind": SEVERAL if rules else "cron", SEVERAL: rules}
    shown = {field: rules[0].get(key) for field, key in FIELDS[kind].items()}
    return {"kind": kind, **shown, SEVERAL: rules}


def rules_of(data: Mapping[str, Any]) -> Any:
    """Return the rules that the fields mean; what is left empty has its default."""
    kind = data["kind"]
    if kind == SEVERAL:
        return data[SEVERAL]
    first, *finer = FIELDS[kind].items()
    named = {key: data[field] for field, key in finer if data.get(field)}
    return [{"kind": kind, first[1]: data[first[0]], **named}]


def summary(schedule: Schedule) -> str:
    """Return the rules in words; of rules that can no longer be read, that."""
    try:
        return describe_all(timetable.rules_of(schedule), zone=schedule.timezone)
    except (ValueError, TypeError, LookupError, AttributeError):
        return "unreadable"
