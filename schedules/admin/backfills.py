"""Backfills: how far they are; to pause, resume and cancel."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from executions.errors import ExecutionError
from executions.models import Execution
from organizations.buttons import Button, ButtonsAdmin
from organizations.display import NOTHING, ago, badge, moment, pretty
from organizations.scoped_admin import ScopedAdmin, as_uuid
from schedules.admin.dialogs import CancelBackfillForm, ReasonForm
from schedules.backfill import services
from schedules.backfill.moves import MOVES
from schedules.backfill.queries import progress
from schedules.errors import ScheduleError
from schedules.models import Backfill

SHOWN = 20  # executions

BUTTONS = {
    "pause": Button(
        title="Pause",
        ask="Nothing more is started until it is resumed; what runs goes on.",
        icon="pause",
        may="pause",
        service=services.pause,
        done="Paused",
        form=ReasonForm,
    ),
    "resume": Button(
        title="Resume",
        ask="It goes on where it stopped.",
        icon="resume",
        may="resume",
        service=services.resume,
        done="Resumed",
        variant="primary",
    ),
    "cancel": Button(
        title="Cancel",
        ask="What waits is never run, and counts as never run for a later backfill.",
        icon="stop_circle",
        may="cancel",
        service=services.cancel,
        done="Cancelled",
        form=CancelBackfillForm,
        variant="danger",
    ),
}


@admin.register(Backfill)
class BackfillAdmin(ButtonsAdmin, ScopedAdmin):
    """Backfills, newest first; one is requested on its schedule's page."""

    organization_lookup = "schedule__organization_id"
    refusals = (ScheduleError, ExecutionError)
    tabs_by = "state"
    list_display = ("schedule", "state_badge", "done", "first", "last", "created_by", "requested")
    list_filter = (("schedule", AutocompleteSelectFilter),)
    list_select_related = ("schedule",)
    list_defer = ("input", "schedule__input")
    search_fields = ("schedule__name",)
    search_help_text = "Name of a schedule, or id of a schedule or backfill"
    ordering = ("-created_at",)
    buttons = BUTTONS
    actions_detail = ("pause", "resume", "cancel")
    change_form_outer_before_template = "schedules/backfill_panel.html"
    fieldsets = (
        (
            "As requested",
            {
                "fields": (
                    "schedule",
                    ("first", "last"),
                    ("order", "reprocess"),
                    ("overlap", "concurrency", "priority"),
                    "input_text",
                )
            },
        ),
    )
    readonly_fields = ("first", "last", "input_text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Backfill]:
        """Read the schedule along."""
        return super().get_queryset(request).select_related("schedule")

    def find(self, rows: QuerySet[Backfill], term: str) -> QuerySet[Backfill] | None:
        """Find by id, or by the name of the schedule."""
        if (wanted := as_uuid(term)) is not None:
            return rows.filter(pk=wanted) | rows.filter(schedule_id=wanted)
        return None

    def has_pause_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._can_become(Backfill.State.PAUSED, request, obj)

    def has_resume_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        backfill = self.row_of(request, obj)
        is_paused = backfill is None or backfill.state == Backfill.State.PAUSED
        return is_paused and self.has_operate_permission(request, obj)

    def has_cancel_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._can_become(Backfill.State.CANCELLED, request, obj)

    def _can_become(self, state: Backfill.State, request: HttpRequest, obj: Any) -> bool:
        backfill = self.row_of(request, obj)
        can = backfill is None or state in MOVES[Backfill.State(backfill.state)]
        return can and self.has_operate_permission(request, obj)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show how far it is."""
        backfill = self.get_object(request, object_id)
        context = _context_of(backfill) if backfill else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @admin.display(description="state", ordering="state")
    def state_badge(self, backfill: Backfill) -> SafeString:
        return badge(backfill.state)

    @admin.display(description="handed out")
    def done(self, backfill: Backfill) -> SafeString:
        return format_html(
            '<progress max="{}" value="{}"></progress> {} of {}',
            backfill.total,
            handed_out(backfill),
            handed_out(backfill),
            backfill.total,
        )

    @admin.display(description="from", ordering="from_at")
    def first(self, backfill: Backfill) -> str:
        return _local(backfill.from_at, backfill)

    @admin.display(description="to", ordering="to_at")
    def last(self, backfill: Backfill) -> str:
        return _local(backfill.to_at, backfill)

    @admin.display(description="input")
    def input_text(self, backfill: Backfill) -> SafeString | str:
        if backfill.input is None:
            return "the schedule's own"
        return format_html('<pre class="hz-json">{}</pre>', pretty(backfill.input))

    @admin.display(description="requested", ordering="created_at")
    def requested(self, backfill: Backfill) -> SafeString | str:
        return ago(backfill.created_at)


def handed_out(backfill: Backfill) -> int:
    """Return how many of its times are decided on."""
    return backfill.started + backfill.skipped


def _local(at: datetime | None, backfill: Backfill) -> str:
    return moment(at, zone=backfill.schedule.timezone) if at else NOTHING


def _context_of(backfill: Backfill) -> dict[str, Any]:
    runs = Execution.objects.filter(
        schedule_id=backfill.schedule_id,
        fire_kind=backfill.fire_kind,
        fire_at__range=(backfill.from_at, backfill.to_at),
    )
    return {
        "backfill": backfill,
        "handed_out": handed_out(backfill),
        "progress": progress([backfill])[backfill.pk],
        "is_moving": backfill.state == Backfill.State.RUNNING,
        "runs": runs.defer("input").order_by("-fire_at")[:SHOWN],
    }
