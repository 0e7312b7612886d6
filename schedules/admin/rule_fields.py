"""One rule as a few fields of a form, several as JSON."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget

from organizations.json_field import Json
from organizations.theme import Line
from workflows.duration import format_duration, parse_duration

SEVERAL = "several"
KINDS = (("cron", "Cron"), ("interval", "Interval"), ("one_time", "One time"), (SEVERAL, "Several rules"))
FIELD = {"cron": "expression", "interval": "every", "one_time": "at", SEVERAL: "several"}  # by kind
KEY = {"cron": "expression", "interval": "every_seconds", "one_time": "at"}  # in the rule's JSON


class Every(Line):
    """A duration as people write it, in seconds."""

    def to_python(self, value: Any) -> Any:
        """Return the seconds; None for nothing written."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            seconds = parse_duration(text).total_seconds()
        except ValueError as error:
            message = str(error)
            raise ValidationError(f"{message[0].upper()}{message[1:]}.") from None
        return int(seconds) if seconds.is_integer() else seconds


class RuleFields(forms.Form):
    """The fields; a form inherits them and calls `rules_of`."""

    kind = forms.ChoiceField(choices=KINDS, label="Fires by", widget=UnfoldAdminSelectWidget)
    expression = Line(
        required=False,
        label="Cron expression",
        help_text="Minute, hour, day of month, month, day of week: <code>0 9 * * mon-fri</code>. "
        "Six fields begin with seconds: <code>*/10 * * * * *</code>. <code>H</code> spreads: <code>H 3 * * *</code>.",
    )
    every = Every(
        required=False, label="Every", help_text="<code>30s</code>, <code>15m</code>, <code>1d</code>."
    )
    at = Line(
        required=False,
        label="At",
        help_text="<code>2026-12-01T09:00:00</code> in the schedule's zone; with an offset it is an instant.",
    )
    several = Json(
        required=False,
        of=list,
        label="Rules",
        help_text='<code>[{"kind": "cron", "expression": "0 9 * * *"}, '
        '{"kind": "interval", "every_seconds": 90}]</code>; times that coincide fire once.',
    )


def initial_of(rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields that show `rules`."""
    if len(rules) != 1 or rules[0].get("kind") not in KEY:
        return {"kind": SEVERAL if rules else "cron", "several": rules}
    (rule,) = rules
    kind = rule["kind"]
    value = rule.get(KEY[kind])
    if kind == "interval":
        value = format_duration(parse_duration(value))
    return {"kind": kind, FIELD[kind]: value, "several": rules}


def rules_of(data: Mapping[str, Any], *, before: list[dict[str, Any]]) -> Any:
    """Return the rules that the fields mean.

    Args:
        before: the rules so far: a rule of the same kind keeps its finer settings, such as an anchor.
    """
    kind = data["kind"]
    if kind == SEVERAL:
        return data[SEVERAL]
    kept = before[0] if len(before) == 1 and before[0].get("kind") == kind else {}
    return [{**kept, "kind": kind, KEY[kind]: data[FIELD[kind]]}]


def summary(rules: list[dict[str, Any]]) -> str:
    """Return rules in a few words: `0 9 * * *`, `every 30s`, `once at …`, `3 rules`."""
    if len(rules) != 1:
        return f"{len(rules)} rules"
    (rule,) = rules
    match rule.get("kind"):
        case "cron":
            return str(rule.get("expression"))
        case "interval":
            return f"every {format_duration(parse_duration(rule.get('every_seconds')))}"
        case _:
            return f"once at {rule.get('at')}"
