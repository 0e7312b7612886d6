"""Triggers: to write, to pause and to look into."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

import clock
from executions.admin.executions import page_of
from organizations.buttons import Button, ButtonsAdmin, page
from organizations.display import NOTHING, ago, badge
from organizations.roles import Role
from organizations.scoped_admin import ScopedAdmin
from organizations.service_form import ServiceFormAdmin
from triggers import services
from triggers.admin import panel, trigger_layout, words
from triggers.admin.trigger_form import TriggerForm
from triggers.admin.trying import try_page
from triggers.errors import TriggerError
from triggers.models import Tally, Trigger, TriggerState
from triggers.serializers.triggers import Beside, beside
from workflows.duration import format_duration
from workflows.errors import Invalid
from workflows.writing import write

BUTTONS = {
    "pause": Button(
        title="Pause",
        ask="It starts nothing until it is resumed; what comes meanwhile is not kept.",
        icon="pause",
        may="pause",
        service=services.pause,
        done="Paused",
    ),
    "resume": Button(
        title="Resume",
        ask="It starts again, for what comes from now on.",
        icon="resume",
        may="resume",
        service=services.resume,
        done="Resumed",
        variant="primary",
    ),
    "remove": Button(
        title="Delete",
        ask="It is gone for good, with what it has gathered, counted and left out; its executions stay.",
        icon="delete",
        may="edit",
        service=services.delete,
        done="Trigger deleted",
        then=lambda _: reverse("admin:triggers_trigger_changelist"),
        variant="danger",
    ),
}


class StandingAdmin(ButtonsAdmin, ScopedAdmin):
    """What is active or paused."""

    def has_pause_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is(TriggerState.ACTIVE, request, obj)

    def has_resume_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is(TriggerState.PAUSED, request, obj)

    def _is(self, state: TriggerState, request: HttpRequest, obj: Any) -> bool:
        owner = self.row_of(request, obj)
        return (owner is None or owner.state == state) and self.has_operate_permission(request, obj)


@admin.register(Trigger)
class TriggerAdmin(StandingAdmin, ServiceFormAdmin):
    """Triggers, with what they have started and left out."""

    role_to_add = Role.EDITOR
    role_to_change = Role.EDITOR
    refusals = (TriggerError, Invalid)
    tabs_by = "state"

    form = TriggerForm
    list_display = (
        "name",
        "organization",
        "workflow",
        "state_badge",
        "waits",
        "started",
        "skipped",
        "last_started",
    )
    list_filter = (("workflow", AutocompleteSelectFilter), ("organization", AutocompleteSelectFilter))
    list_select_related = ("workflow", "organization")
    list_defer = ("input",)
    search_fields = ("name", "description", "workflow__name", "pattern")
    search_help_text = "Name, description or type of a trigger, or name of a workflow"
    autocomplete_fields = ("workflow",)
    buttons = BUTTONS
    actions_detail = ("pause", "resume", "try_event", "remove")
    actions_list = ("try_any",)
    actions = ("pause_selected", "resume_selected")
    change_form_outer_before_template = "triggers/trigger_panel.html"
    conditional_fields = trigger_layout.CONDITIONS
    warn_unsaved_form = True
    fieldsets = trigger_layout.FIELDSETS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trigger]:
        """Read the workflow along."""
        return super().get_queryset(request).select_related("workflow__current_version", "organization")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the organization."""
        del request
        shown = ("waits_text", "filters_text", "input_text", "gathered_text", "rate_text")
        return ("organization", *shown) if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show plain columns to whoever may not change them."""
        may_write = obj is None or self.has_change_permission(request, obj)
        return trigger_layout.FIELDSETS if may_write else trigger_layout.READ_ONLY

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read what the rows of the list show beside their columns, for all of them at once."""
        changelist = super().get_changelist_instance(request)
        there = beside(changelist.result_list)
        for trigger in changelist.result_list:
            trigger.beside = there
        return changelist

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form below what the trigger has done."""
        trigger = self.get_object(request, object_id)
        context = panel.context_of(trigger) if trigger else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @page("Try an event", icon="science", permissions=("view",))
    def try_event(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what an event would start."""
        return try_page(self, request, object_id)

    @page("Try an event", icon="science", permissions=("view",))
    def try_any(self, request: HttpRequest) -> HttpResponse:
        """Show which triggers an event would start."""
        return try_page(self, request)

    @admin.action(description="Pause", permissions=["operate"])
    def pause_selected(self, request: HttpRequest, rows: QuerySet[Trigger]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(request, rows, lambda row: services.pause(row, by=by, now=now), done="Paused")

    @admin.action(description="Resume", permissions=["operate"])
    def resume_selected(self, request: HttpRequest, rows: QuerySet[Trigger]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(request, rows, lambda row: services.resume(row, by=by, now=now), done="Resumed")

    @admin.display(description="state", ordering="state")
    def state_badge(self, trigger: Trigger) -> SafeString:
        return badge(trigger.state)

    @admin.display(description="waits for")
    def waits(self, trigger: Trigger) -> SafeString:
        return brief(self.waits_text(trigger), width=15)

    @admin.display(description="waits for")
    def waits_text(self, trigger: Trigger) -> str:
        return words.waits_for(trigger, _beside(trigger).names)

    @admin.display(description="started")
    def started(self, trigger: Trigger) -> str:
        tally = _tally(trigger)
        return f"{tally.started:,} of {tally.matched:,}"

    @admin.display(description="skipped")
    def skipped(self, trigger: Trigger) -> int:
        return _tally(trigger).skipped

    @admin.display(description="last started")
    def last_started(self, trigger: Trigger) -> SafeString | str:
        tally = _tally(trigger)
        if tally.last_execution_id is None:
            return NOTHING
        link = page_of(tally.last_execution_id)
        return format_html('<a class="hz-link" href="{}">{}</a>', link, ago(tally.last_started_at))

    @admin.display(description="filters")
    def filters_text(self, trigger: Trigger) -> SafeString | str:
        return written(trigger.filters) if trigger.filters else NOTHING

    @admin.display(description="input")
    def input_text(self, trigger: Trigger) -> SafeString | str:
        return (
            "the event's data, or the output of what ended"
            if trigger.input is None
            else written(trigger.input)
        )

    @admin.display(description="start with")
    def gathered_text(self, trigger: Trigger) -> str:
        return words.gathered(trigger) or "each match by itself"

    @admin.display(description="starts at most")
    def rate_text(self, trigger: Trigger) -> str:
        limit, period = trigger.rate_limit, format_duration(trigger.rate_period)
        return "no limit" if limit is None else f"{limit} in each {period}"


def brief(text: str, *, width: int) -> SafeString:
    """Return a text on one line of a list, cut off by the browser after so many times the size of a letter."""
    return format_html(
        '<span class="hz-line" style="max-width: {}rem" title="{}">{}</span>', width, text, text
    )


def written(value: Any) -> SafeString:
    """Return a mapping, or an expression, as its author would write it."""
    return format_html('<pre class="hz-json">{}</pre>', value if isinstance(value, str) else write(value))


def _beside(trigger: Trigger) -> Beside:
    return getattr(trigger, "beside", None) or beside([trigger])


def _tally(trigger: Trigger) -> Tally:
    return _beside(trigger).tallies.get(trigger.pk) or Tally()
