"""What the console asks before it acts on schedules and backfills."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from executions.admitting.overlap import OverlapPolicy
from organizations.display import moment
from organizations.json_field import Json
from organizations.scoped_admin import as_uuid
from organizations.theme import DialogForm, Line
from schedules.admin.fields import Instant
from schedules.models import Schedule
from schedules.versions.services import versions

MOST_VERSIONS = 100  # to choose from; older ones are reached through the API

POLICIES = [(policy.value, policy.value.replace("_", " ")) for policy in OverlapPolicy]


def one_of(choices: Any, **options: Any) -> forms.ChoiceField:
    """Return a field to choose from a list."""
    return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **options)


class ScheduleDialog(DialogForm):
    """A dialog that knows its schedule; the fields are filled in by `prepare`."""

    asks_in_zone: ClassVar[tuple[str, ...]] = ()

    def __init__(self, request: HttpRequest, object_id: str | None = None, **options: Any) -> None:
        super().__init__(request, object_id, **options)  # type: ignore[arg-type]
        wanted = as_uuid(object_id or "")
        schedule = Schedule.objects.filter(pk=wanted).first() if wanted else None
        if schedule is not None:
            for name in self.asks_in_zone:
                set_zone(self.fields[name], schedule)
            self.prepare(schedule, request)

    def prepare(self, schedule: Schedule, request: HttpRequest) -> None:
        """Fill in what the schedule has."""


def set_zone(field: Any, schedule: Schedule) -> None:
    """Let a field ask for times on the clock of a schedule."""
    field.zone = ZoneInfo(schedule.timezone)
    field.help_text = f"{field.help_text} In {schedule.timezone}.".strip()


class TriggerForm(ScheduleDialog):
    """What the run is started with."""

    input = Json(required=False, rows=6, label="Input", help_text="JSON. Empty: the schedule's own.")
    overlap = one_of(
        [("", "as the schedule says"), *POLICIES],
        required=False,
        label="While another run is active",
    )

    def prepare(self, schedule: Schedule, request: HttpRequest) -> None:
        """Show the schedule's own input."""
        del request
        self.fields["input"].initial = schedule.input

    def clean_input(self) -> Any:
        """Return the input; None for nothing written."""
        return self.cleaned_data["input"] if self.data.get("input", "").strip() else None


class ReasonForm(DialogForm):
    """Why it is stopped."""

    reason = Line(required=False, max_length=500, label="Reason", help_text="Shown to whoever finds it so.")


class PauseForm(ScheduleDialog):
    """Why it is paused, and for how long."""

    asks_in_zone = ("until",)

    reason = Line(
        required=False, max_length=500, label="Reason", help_text="Shown to whoever finds it paused."
    )
    until = Instant(required=False, label="Until", help_text="Empty: until somebody resumes it.")


class ResumeForm(DialogForm):
    """What becomes of the times that came meanwhile."""

    catch_up = one_of(
        [("", "from now on"), ("1", "catch up, by the schedule's settings for late times")],
        required=False,
        label="Resume",
    )

    def clean_catch_up(self) -> bool:
        """Return whether to catch up."""
        return bool(self.cleaned_data["catch_up"])


class PutBackForm(ScheduleDialog):
    """Which of the times that are left out is not to be."""

    at = one_of([], label="Time")

    def prepare(self, schedule: Schedule, request: HttpRequest) -> None:
        """Offer the times that are left out."""
        zone = schedule.timezone
        times = [(at.isoformat(), moment(at, zone=zone)) for at in schedule.skip_times]
        self.fields["at"].choices = times  # type: ignore[attr-defined]
        self.fields["at"].initial = request.GET.get("at")

    def clean_at(self) -> Any:
        """Return the instant."""
        return Instant().to_python(self.cleaned_data["at"])


class RollbackForm(ScheduleDialog):
    """Which version to go back to."""

    to = forms.TypedChoiceField(coerce=int, label="Version", widget=UnfoldAdminSelectWidget)
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def prepare(self, schedule: Schedule, request: HttpRequest) -> None:
        """Offer the versions before this one."""
        earlier = [row for row in versions(schedule)[:MOST_VERSIONS] if row.version != schedule.version]
        self.fields["to"].choices = [(row.version, _named(row)) for row in earlier]  # type: ignore[attr-defined]
        self.fields["to"].initial = request.GET.get("to")
        self.fields["based_on"].initial = schedule.version


def _named(row: Any) -> str:
    by = f" by {row.history_user_id}" if row.history_user_id else ""
    why = f": {row.history_change_reason}" if row.history_change_reason else ""
    return f"{row.version}, {moment(row.history_date)}{by}{why}"


class CancelBackfillForm(DialogForm):
    """What becomes of what runs already."""

    running = one_of(
        [("leave", "let them go on"), ("cancel", "cancel them too")], label="Executions that are running"
    )
    reason = Line(required=False, max_length=500, label="Reason")
