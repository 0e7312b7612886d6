"""The form of a schedule."""

from functools import cache
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from unfold.widgets import UnfoldAdminSelect2Widget

import clock
from organizations.json_field import Json
from organizations.service_form import ServiceForm
from organizations.theme import DialogForm, Line, paragraph
from schedules import services
from schedules.admin.rule_fields import FIELD, RuleFields, initial_of, rules_of
from schedules.errors import InvalidSchedule, ScheduleError
from schedules.models import Schedule
from schedules.services import SETTINGS


@cache
def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones())]


class ScheduleForm(RuleFields, ServiceForm):
    """A schedule: what it starts, when, and what becomes of times reached late."""

    invalid = (InvalidSchedule,)
    refusals = (ScheduleError,)

    timezone = forms.ChoiceField(choices=_zones, initial="UTC", widget=UnfoldAdminSelect2Widget)
    input = Json(required=False, rows=5, label="Input", help_text="JSON, by the schema of the workflow.")
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Schedule
        fields: ClassVar = (
            "organization",
            "workflow",
            "name",
            "description",
            "timezone",
            "start_at",
            "end_at",
            "dst_gap",
            "dst_overlap",
            "catchup",
            "catchup_window",
            "priority",
            "queue",
            "input",
        )
        widgets: ClassVar = {"description": paragraph()}
        labels: ClassVar = {
            "dst_gap": "A time that the clock skips",
            "dst_overlap": "A time that the clock shows twice",
            "catchup": "Of several late times, start",
            "catchup_window": "Start a time at most this late",
        }
        help_texts: ClassVar = {
            "start_at": "UTC. Nothing fires before; empty for no bound.",
            "end_at": "UTC. Nothing fires after; empty for no bound.",
            "catchup_window": "Hours:minutes:seconds.",
            "priority": "0 to 9; 9 is claimed first.",
            "queue": "Step queue; a worker must serve it.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.update(initial_of([] if self.is_new else self.instance.rules))
        self.initial["based_on"] = self.instance.version

    def write(self) -> Schedule:
        """Create the schedule, or change it unless somebody else has meanwhile."""
        data = self.cleaned_data
        rules = rules_of(data, before=self.instance.rules)
        settings = {**{name: data[name] for name in SETTINGS if name in data}, "rules": rules}
        if self.is_new:
            return services.create(data["organization"], now=clock.now(), by=self.by, **settings)
        return services.change(self.instance, now=clock.now(), based_on=data["based_on"], **settings)

    def field_of(self, path: str) -> str | None:
        """Return the field that shows a problem; one of the rules, where `path` begins with `rules`."""
        if path.split("[", maxsplit=1)[0] == "rules":
            return FIELD[self.cleaned_data["kind"]]
        return super().field_of(path)


class PauseForm(DialogForm):
    """Why it is paused."""

    reason = Line(
        required=False, max_length=500, label="Reason", help_text="Shown to whoever finds it paused."
    )
