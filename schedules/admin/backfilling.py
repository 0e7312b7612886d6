"""A new backfill of a schedule: a page that shows first what it would do."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget

import clock
from executions.errors import ExecutionError
from organizations.acting import go_to
from organizations.json_field import Json
from schedules.admin.dialogs import POLICIES, one_of, set_zone
from schedules.admin.fields import Instant
from schedules.admin.subpage import rendered, schedule_at
from schedules.backfill import services
from schedules.backfill.wanted import MAX_CONCURRENCY
from schedules.calendars import InvalidCalendar
from schedules.errors import ScheduleError
from schedules.models import Backfill, Schedule
from schedules.recurrence import InvalidRule
from workflows.errors import Invalid

LISTED = 200  # times of a dry run
REFUSALS = (ScheduleError, ExecutionError, InvalidRule, InvalidCalendar)


class BackfillForm(forms.Form):
    """A range of nominal times in the past, and how to run them."""

    from_at = Instant(label="From", help_text="Inclusive.")
    to_at = Instant(label="To", help_text="Inclusive.")
    order = one_of(Backfill.Order.choices, label="Order")
    reprocess = one_of(
        [
            ("missing", "leave it"),
            ("failed", "run it again if the newest one failed or was cancelled"),
            ("all", "run it again"),
        ],
        label="A time that has a run",
    )
    overlap = one_of(
        POLICIES, label="While another run is active", initial="allow_all", help_text="Towards live runs."
    )
    concurrency = forms.IntegerField(
        min_value=1,
        max_value=MAX_CONCURRENCY,
        initial=1,
        label="At once",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    priority = forms.IntegerField(
        min_value=0,
        max_value=9,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="0 to 9; 9 is claimed first. Empty: below the schedule's own.",
    )
    input = Json(required=False, rows=3, label="Input", help_text="JSON. Empty: the schedule's own.")

    def __init__(self, schedule: Schedule, **options: Any) -> None:
        super().__init__(**options)
        set_zone(self.fields["from_at"], schedule)
        set_zone(self.fields["to_at"], schedule)
        self.fields["input"].initial = ""

    def clean_input(self) -> Any:
        """Return the input; None for nothing written."""
        return self.cleaned_data["input"] if self.data.get("input", "").strip() else None

    def blame(self, error: Invalid) -> None:
        """Show what is wrong at its fields."""
        for problem in error.errors:
            path, message = problem["path"], problem["message"]
            field = path.partition(".")[0]
            self.add_error(field if field in self.fields else None, message if path == field else str(error))


def backfill_page(pages: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Ask for a range; show what running it would do; and only then, when told to start, request it."""
    schedule = schedule_at(pages, request, object_id)
    form = BackfillForm(schedule, data=request.POST or None)
    planned = None
    if form.is_valid():
        try:
            if "start" in request.POST:
                return _requested(request, schedule, form.cleaned_data)
            planned = services.preview(schedule, now=clock.now(), limit=LISTED, **form.cleaned_data)
        except Invalid as error:
            form.blame(error)
        except REFUSALS as refusal:
            form.add_error(None, str(refusal))
    return rendered(pages, request, schedule, name="backfill", form=form, planned=planned)


def _requested(request: HttpRequest, schedule: Schedule, wanted: dict[str, Any]) -> HttpResponse:
    by = request.user.get_username()
    backfill = services.request(schedule, by=by, now=clock.now(), **wanted)
    messages.success(request, f"Backfill of {backfill.total} times requested")
    return go_to(request, reverse("admin:schedules_backfill_change", args=[backfill.pk]))
