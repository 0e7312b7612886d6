"""Schedules: to write, to run and to look into."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import AutocompleteSelectFilter

import clock
from executions.errors import ExecutionError
from organizations.buttons import page
from organizations.display import ago, badge, line, pretty
from organizations.roles import Role
from organizations.service_form import ServiceFormAdmin
from schedules import services
from schedules.admin import layout
from schedules.admin import page as panel
from schedules.admin.backfilling import backfill_page
from schedules.admin.explaining import explain_page
from schedules.admin.form import ScheduleForm
from schedules.admin.previewing import preview_fragment
from schedules.admin.rule_fields import summary
from schedules.admin.schedule_buttons import BUTTONS
from schedules.admin.schedule_permissions import SchedulePermissions
from schedules.admin.versions import moved, versions_page
from schedules.calendars import InvalidCalendar
from schedules.errors import ScheduleError
from schedules.models import Schedule
from schedules.recurrence import InvalidRule
from workflows.duration import format_duration
from workflows.errors import Invalid


@admin.register(Schedule)
class ScheduleAdmin(SchedulePermissions, ServiceFormAdmin):
    """Schedules, with what they have fired and will fire."""

    role_to_add = Role.EDITOR
    role_to_change = Role.EDITOR
    refusals = (ScheduleError, ExecutionError, Invalid, InvalidRule, InvalidCalendar)
    tabs_by = "state"

    form = ScheduleForm
    list_display = (
        "name",
        "organization",
        "workflow",
        "state_badge",
        "rule_line",
        "timezone",
        "next_fire",
        "last_fire",
    )
    list_filter = (("workflow", AutocompleteSelectFilter), ("organization", AutocompleteSelectFilter))
    list_select_related = ("workflow", "organization")
    list_defer = ("input",)
    search_fields = ("name", "description", "workflow__name")
    autocomplete_fields = ("workflow",)
    buttons = BUTTONS
    actions_detail = (
        "trigger",
        "pause",
        "resume",
        "enable",
        "explain",
        "versions",
        "backfill",
        {
            "title": "More",
            "items": ["skip_next", "unskip", "rollback", "disable", "archive", "purge"],
        },
    )
    actions = ("trigger_selected", "pause_selected", "resume_selected")
    change_form_outer_before_template = "schedules/panel.html"
    change_form_after_template = "schedules/preview_card.html"
    conditional_fields = layout.CONDITIONS
    warn_unsaved_form = True
    fieldsets = layout.FIELDSETS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        """Read the workflow along."""
        return super().get_queryset(request).select_related("workflow", "organization")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the organization."""
        del request
        shown = ("rule", "calendar_names", "input_text", "most_late", "spread_text")
        return ("organization", *shown) if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show plain columns to whoever may not change them."""
        may_write = obj is None or self.has_change_permission(request, obj)
        return layout.FIELDSETS if may_write else layout.READ_ONLY

    def get_urls(self) -> list[Any]:
        """Add the preview of what the form says."""
        view = require_POST(self.admin_site.admin_view(partial(preview_fragment, self)))
        new = path("preview/", view, name="schedules_schedule_preview_new")
        changed = path("<path:object_id>/preview/", view, name="schedules_schedule_preview")
        return [new, changed, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Say how the fires changed; the form's service has written the row."""
        super().save_model(request, obj, form, change)
        if form.fires_changed and (text := moved(form.fires_changed)):
            messages.info(request, text)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form below what the schedule has fired and will fire."""
        schedule = self.get_object(request, object_id)
        context = panel.context_of(schedule, now=clock.now()) if schedule else {}
        if schedule:
            context["may_put_back"] = self.has_unskip_permission(request, schedule)
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @page("Explain", icon="troubleshoot", permissions=("view",))
    def explain(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show why it fired, or did not, or will."""
        return explain_page(self, request, object_id, now=clock.now())

    @page("Versions", icon="history", permissions=("view",))
    def versions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what its settings were."""
        return versions_page(self, request, object_id)

    @page("Backfill", icon="fast_rewind", permissions=("backfill",))
    def backfill(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Run it for times in the past."""
        return backfill_page(self, request, object_id)

    @admin.action(description="Trigger now", permissions=["operate"])
    def trigger_selected(self, request: HttpRequest, rows: QuerySet[Schedule]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(request, rows, lambda row: services.trigger(row, by=by, now=now), done="Triggered")

    @admin.action(description="Pause", permissions=["operate"])
    def pause_selected(self, request: HttpRequest, rows: QuerySet[Schedule]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(request, rows, lambda row: services.pause(row, by=by, now=now), done="Paused")

    @admin.action(description="Resume", permissions=["operate"])
    def resume_selected(self, request: HttpRequest, rows: QuerySet[Schedule]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(request, rows, lambda row: services.resume(row, by=by, now=now), done="Resumed")

    @admin.display(description="state", ordering="state")
    def state_badge(self, schedule: Schedule) -> SafeString:
        return badge(schedule.state)

    @admin.display(description="rule")
    def rule_line(self, schedule: Schedule) -> SafeString:
        return line(summary(schedule))

    @admin.display(description="rule")
    def rule(self, schedule: Schedule) -> SafeString:
        return format_html('{}<pre class="hz-json">{}</pre>', summary(schedule), pretty(schedule.rules))

    @admin.display(description="do not fire within")
    def calendar_names(self, schedule: Schedule) -> str:
        return panel.calendar_names(schedule)

    @admin.display(description="input")
    def input_text(self, schedule: Schedule) -> SafeString:
        return format_html('<pre class="hz-json">{}</pre>', pretty(schedule.input))

    @admin.display(description="of several late times at most")
    def most_late(self, schedule: Schedule) -> int | str:
        return schedule.catchup_max or "no cap"

    @admin.display(description="spread")
    def spread_text(self, schedule: Schedule) -> str:
        return f"{schedule.spread}, {format_duration(schedule.spread_window)}"

    @admin.display(description="next fire", ordering="next_fire_at")
    def next_fire(self, schedule: Schedule) -> SafeString | str:
        return ago(schedule.next_fire_at)

    @admin.display(description="last fire", ordering="last_fire_at")
    def last_fire(self, schedule: Schedule) -> SafeString | str:
        return ago(schedule.last_fire_at)
