"""Executions with their steps: to read, to cancel, to redrive."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter

import clock
from executions import services
from executions.admin import timeline
from executions.admin.dialogs import RedriveForm
from executions.errors import ExecutionError
from executions.models import Execution
from executions.states import EXECUTION_FINAL, ExecutionState
from organizations.display import NOTHING, ago, badge, duration, line, pretty
from organizations.scoped_admin import ScopedAdmin, as_uuid
from organizations.theme import button
from workflows.errors import Invalid
from workflows.services import definition_of


def state_of(execution: Execution) -> str:
    """Return the state, or `cancelling` while running steps are being interrupted."""
    waits = execution.cancel_requested_at and execution.state not in EXECUTION_FINAL
    return "cancelling" if waits else execution.state


def page_of(execution_id: Any) -> str:
    """Return the address of an execution's page."""
    return reverse("admin:executions_execution_change", args=[execution_id])


@admin.register(Execution)
class ExecutionAdmin(ScopedAdmin):
    """Executions, newest first."""

    refusals = (ExecutionError, Invalid)
    tabs_by = "state"
    list_display = (
        "workflow_name",
        "organization",
        "state_badge",
        "cause",
        "started",
        "took",
        "error_line",
    )
    list_display_links = ("workflow_name",)
    list_filter = (
        ("workflow", AutocompleteSelectFilter),
        ("source", ChoicesDropdownFilter),
        ("created_at", RangeDateTimeFilter),
        ("organization", AutocompleteSelectFilter),
    )
    list_select_related = ("workflow", "version", "organization")
    list_defer = ("input", "version__definition")
    search_fields = ("workflow__name",)
    search_help_text = "Name of a workflow, idempotency key, or id of an execution or schedule"
    # Ids grow with time, and every reader has their index.
    ordering = ("-pk",)
    fields = ()
    actions_detail = ("cancel", "redrive")
    actions = ("cancel_selected", "redrive_selected")

    def find(self, rows: QuerySet[Execution], term: str) -> QuerySet[Execution]:
        """Find by exact id or key, or by the beginning of the workflow's name."""
        if (wanted := as_uuid(term)) is not None:
            return rows.filter(Q(pk=wanted) | Q(schedule_id=wanted))
        return rows.filter(Q(workflow__name__startswith=term) | Q(idempotency_key=term))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what happened."""
        execution = self.get_object(request, object_id)
        context = self.page_context(execution, now=clock.now()) if execution else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def page_context(self, execution: Execution, *, now: datetime) -> dict[str, Any]:
        """Return what the page of an execution shows."""
        return {
            "title": f"{execution.workflow.name} v{execution.version.number}",
            "execution": execution,
            "state": state_of(execution),
            "is_running": execution.state not in EXECUTION_FINAL,
            "took": duration((execution.finished_at or now) - execution.created_at),
            "input_json": pretty(execution.input),
            "letter": getattr(execution, "dead_letter", None),
            "redrives": execution.redrives.order_by("pk")[:20],
            "rows": timeline.rows(execution, definition_of(execution.version_id), now=now),
        }

    def has_cancel_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether there is something to cancel, and this person may."""
        execution = self.row_of(request, obj)
        runs = execution is None or execution.state not in EXECUTION_FINAL
        return runs and self.has_operate_permission(request, obj)

    def has_redrive_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the execution failed or was cancelled, and this person may start it again."""
        execution = self.row_of(request, obj)
        ended = execution is None or execution.state in {ExecutionState.FAILED, ExecutionState.CANCELLED}
        return ended and self.has_operate_permission(request, obj)

    @button(
        "Cancel",
        ask="Steps that are ready never run; running ones are interrupted.",
        icon="stop_circle",
        permissions=("cancel",),
        submit="Cancel the execution",
        variant="danger",
    )
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        del form
        by = request.user.get_username()
        return self.act(
            request,
            object_id,
            lambda execution: services.cancel(execution, by=by, now=clock.now()),
            done="Cancellation requested",
        )

    @button(
        "Redrive",
        ask="It starts again from the beginning, with the current version of the workflow.",
        icon="replay",
        permissions=("redrive",),
        form=RedriveForm,
        variant="primary",
    )
    def redrive(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        by = request.user.get_username()
        given = form.cleaned_data["input"]
        return self.act(
            request,
            object_id,
            lambda execution: services.redrive(execution, by=by, now=clock.now(), new_input=given),
            done="Started again; this is the new execution",
            then=lambda started: page_of(started.id),
            form=form,
            blame="input",
        )

    @admin.action(description="Cancel", permissions=["operate"])
    def cancel_selected(self, request: HttpRequest, rows: QuerySet[Execution]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(request, rows, lambda row: services.cancel(row, by=by, now=now), done="Cancelled")

    @admin.action(description="Redrive", permissions=["operate"])
    def redrive_selected(self, request: HttpRequest, rows: QuerySet[Execution]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(request, rows, lambda row: services.redrive(row, by=by, now=now), done="Redriven")

    @admin.display(description="workflow", ordering="workflow__name")
    def workflow_name(self, execution: Execution) -> SafeString:
        name, number = execution.workflow.name, execution.version.number
        return format_html('{} <span class="hz-weak">v{}</span>', name, number)

    @admin.display(description="state", ordering="state")
    def state_badge(self, execution: Execution) -> SafeString:
        return badge(state_of(execution))

    @admin.display(description="started by")
    def cause(self, execution: Execution) -> str:
        who = execution.started_by or execution.fire_kind
        return f"{execution.source}: {who}" if who and who != "auto" else execution.source

    @admin.display(description="started", ordering="created_at")
    def started(self, execution: Execution) -> SafeString | str:
        return ago(execution.created_at)

    @admin.display(description="took")
    def took(self, execution: Execution) -> str:
        ended = execution.finished_at
        return duration(ended - execution.created_at) if ended else NOTHING

    @admin.display(description="error")
    def error_line(self, execution: Execution) -> SafeString:
        return line(execution.error)
