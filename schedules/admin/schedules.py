"""Schedules: to write, pause, resume and trigger."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

import clock
from executions.admin.executions import page_of
from executions.errors import ExecutionError
from organizations.display import ago, badge
from organizations.roles import Role
from organizations.scoped_admin import ScopedAdmin
from organizations.service_form import ServiceFormAdmin
from organizations.theme import button
from schedules import services
from schedules.admin import page
from schedules.admin.form import PauseForm, ScheduleForm
from schedules.admin.rule_fields import FIELD, summary
from schedules.errors import ScheduleError
from schedules.models import Schedule
from schedules.states import MOVES, ScheduleState
from workflows.errors import Invalid


@admin.register(Schedule)
class ScheduleAdmin(ServiceFormAdmin, ScopedAdmin):
    """Schedules, with what they have fired and will fire."""

    role_to_add = Role.EDITOR
    role_to_change = Role.EDITOR
    refusals = (ScheduleError, ExecutionError, Invalid)
    tabs_by = "state"

    form = ScheduleForm
    list_display = (
        "name",
        "organization",
        "workflow",
        "state_badge",
        "rule",
        "timezone",
        "next_fire",
        "last_fire",
    )
    list_filter = (("workflow", AutocompleteSelectFilter), ("organization", AutocompleteSelectFilter))
    list_select_related = ("workflow", "organization")
    list_defer = ("input",)
    search_fields = ("name", "description", "workflow__name")
    autocomplete_fields = ("workflow",)
    actions_detail = ("trigger", "pause", "resume", "archive")
    actions = ("trigger_selected", "pause_selected", "resume_selected")
    change_form_outer_before_template = "schedules/panel.html"
    conditional_fields = {field: f"kind == '{kind}'" for kind, field in FIELD.items()}
    warn_unsaved_form = True
    fieldsets = (
        ("What", {"fields": ("organization", "name", "workflow", "input", "description")}),
        ("When", {"fields": ("kind", *FIELD.values(), "timezone", "start_at", "end_at")}),
        ("Late", {"fields": (("catchup", "catchup_window"),)}),
        ("Daylight saving", {"fields": (("dst_gap", "dst_overlap"),)}),
        ("Queue", {"fields": (("priority", "queue"), "based_on")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        """Read the workflow along."""
        return super().get_queryset(request).select_related("workflow", "organization")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the organization."""
        del request
        return ("organization",) if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show plain columns to whoever may not change them."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        columns = (
            "organization",
            "name",
            "workflow",
            "description",
            "rule",
            "timezone",
            "start_at",
            "end_at",
        )
        policies = ("catchup", "catchup_window", "dst_gap", "dst_overlap", "priority", "queue", "input")
        return ((None, {"fields": (*columns, *policies)}),)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may edit it; an archived one nobody may."""
        is_archived = obj is not None and obj.state == ScheduleState.ARCHIVED
        return not is_archived and super().has_change_permission(request, obj)

    def has_pause_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._can_become({ScheduleState.PAUSED}, request, obj)

    def has_trigger_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._can_become({ScheduleState.ARCHIVED}, request, obj)

    def has_resume_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        schedule = self.row_of(request, obj)
        stopped = schedule is None or schedule.state in {ScheduleState.PAUSED, ScheduleState.ERROR}
        return stopped and self.has_operate_permission(request, obj)

    def has_archive_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_trigger_permission(request, obj) and self.has_edit_permission(request, obj)

    def _can_become(self, states: set[ScheduleState], request: HttpRequest, obj: Any) -> bool:
        schedule = self.row_of(request, obj)
        can = schedule is None or bool(states & MOVES[ScheduleState(schedule.state)])
        return can and self.has_operate_permission(request, obj)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form below what the schedule has fired and will fire."""
        schedule = self.get_object(request, object_id)
        context = page.context_of(schedule, now=clock.now()) if schedule else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @button(
        "Trigger now",
        ask="Its workflow starts once, now, with the schedule's input; its own times stay as they are.",
        icon="play_arrow",
        permissions=("trigger",),
        variant="primary",
    )
    def trigger(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        del form
        by = request.user.get_username()
        return self.act(
            request,
            object_id,
            lambda schedule: services.trigger(schedule, by=by, now=clock.now()),
            done="Triggered; this is the execution",
            then=lambda started: page_of(started.id),
        )

    @button(
        "Pause",
        ask="It fires no more until it is resumed; what falls into the pause is not made up for.",
        icon="pause",
        permissions=("pause",),
        form=PauseForm,
    )
    def pause(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        by, reason = request.user.get_username(), form.cleaned_data["reason"]
        return self.act(
            request,
            object_id,
            lambda schedule: services.pause(schedule, by=by, now=clock.now(), reason=reason),
            done="Paused",
        )

    @button(
        "Resume",
        ask="It fires again, from now on.",
        icon="resume",
        permissions=("resume",),
        variant="primary",
    )
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        del form
        by = request.user.get_username()
        return self.act(
            request,
            object_id,
            lambda schedule: services.resume(schedule, by=by, now=clock.now()),
            done="Resumed",
        )

    @button(
        "Archive",
        ask="It never fires again; its history stays, and its name becomes free. This cannot be undone.",
        icon="archive",
        permissions=("archive",),
        variant="danger",
    )
    def archive(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        del form
        by = request.user.get_username()
        return self.act(
            request,
            object_id,
            lambda schedule: services.archive(schedule, by=by, now=clock.now()),
            done="Archived",
        )

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
    def rule(self, schedule: Schedule) -> str:
        return summary(schedule.rules)

    @admin.display(description="next fire", ordering="next_fire_at")
    def next_fire(self, schedule: Schedule) -> SafeString | str:
        return ago(schedule.next_fire_at)

    @admin.display(description="last fire", ordering="last_fire_at")
    def last_fire(self, schedule: Schedule) -> SafeString | str:
        return ago(schedule.last_fire_at)
