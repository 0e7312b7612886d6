"""The form of a schedule."""

import re
from functools import cache
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from unfold.widgets import UnfoldAdminSelect2Widget

import clock
from organizations.json_field import Json
from organizations.service_form import ServiceForm
from organizations.theme import Line, paragraph
from schedules import services
from schedules.admin.fields import CalendarsField, Span
from schedules.admin.layout import HELP, LABELS
from schedules.admin.rule_fields import FIELDS, RuleFields, initial_of, rules_of
from schedules.errors import InvalidSchedule, ScheduleError
from schedules.models import Calendar, Schedule
from schedules.services import SETTINGS
from schedules.versions import FiresChanged, fires_changed

IN_RULE = re.compile(r"rules\[\d+\]\.(\w+)")


@cache
def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones())]


class ScheduleForm(RuleFields, ServiceForm):
    """A schedule: what it starts, when, and what becomes of times that cannot be started."""

    invalid = (InvalidSchedule,)
    refusals = (ScheduleError,)
    fires_changed: FiresChanged | None = None  # by a change, once it is written

    timezone = forms.ChoiceField(choices=_zones, initial="UTC", widget=UnfoldAdminSelect2Widget)
    input = Json(required=False, rows=4, label="Input", help_text="JSON, by the schema of the workflow.")
    calendars = CalendarsField(
        required=False, label=LABELS["calendars"], help_text="Calendars of the organization."
    )
    spread_window = Span(
        required=False, label=LABELS["spread_window"], help_text="<code>5m</code>; 1 second to 24 hours."
    )
    catchup_window = Span(
        required=False,
        label=LABELS["catchup_window"],
        help_text="<code>15m</code>. Empty: an hour, or a day where it fires once a day or less often.",
    )
    start_deadline = Span(
        required=False,
        label=LABELS["start_deadline"],
        help_text="<code>30m</code>, from the due time. Empty for no deadline.",
    )
    reason = Line(
        required=False, max_length=500, label="Why", help_text="Kept with this version of the settings."
    )
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Schedule
        fields: ClassVar = (
            "organization",
            "workflow",
            "name",
            "description",
            "start_at",
            "end_at",
            "dst_gap",
            "dst_overlap",
            "on_excluded",
            "spread",
            "overlap",
            "max_active",
            "catchup",
            "catchup_max",
            "auto_pause_after",
            "max_executions",
            "on_complete",
            "priority",
            "queue",
        )
        widgets: ClassVar = {"description": paragraph()}
        labels: ClassVar = LABELS
        help_texts: ClassVar = HELP

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("timezone", "input", "calendars", "spread_window", "catchup_window", "start_deadline"):
            self.initial.setdefault(name, None if self.is_new else getattr(self.instance, name))
        if self.is_new:
            self.initial.update(timezone="UTC", input={}, kind="cron")
        else:
            self.initial.update(initial_of(self.instance.rules), based_on=self.instance.version)
        self._offer_calendars()

    def _offer_calendars(self) -> None:
        calendars = Calendar.objects.order_by("name")
        if not self.is_new:
            calendars = calendars.filter(organization_id=self.instance.organization_id)
        elif "organization" in self.fields:
            organizations: Any = self.fields["organization"]
            calendars = calendars.filter(organization__in=organizations.queryset)
        field: Any = self.fields["calendars"]
        field.queryset, field.initial = calendars, self.initial["calendars"]

    def settings(self) -> dict[str, Any]:
        """Return what the form says, as the services take it."""
        data = self.cleaned_data
        settings = {**{name: data[name] for name in SETTINGS if name in data}, "rules": rules_of(data)}
        if settings["spread_window"] is None:
            settings["spread_window"] = Schedule._meta.get_field("spread_window").get_default()
        return settings

    def write(self) -> Schedule:
        """Create the schedule, or change it unless somebody else has meanwhile."""
        data, now = self.cleaned_data, clock.now()
        why: dict[str, Any] = {"now": now, "by": self.by, "reason": data["reason"]}
        if self.is_new:
            return services.create(data["organization"], **why, **self.settings())
        before = self.instance
        after = services.change(before, based_on=data["based_on"], **why, **self.settings())
        self.fires_changed = fires_changed(before, after, now=now)
        return after

    def field_of(self, path: str) -> str | None:
        """Return the field that shows a problem; one of the rule's, where `path` begins with `rules`."""
        if not path.startswith("rules"):
            return super().field_of(path)
        fields = FIELDS[self.cleaned_data["kind"]]
        key = match[1] if (match := IN_RULE.match(path)) else ""
        return next((field for field, held in fields.items() if held == key), next(iter(fields)))
