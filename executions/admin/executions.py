"""Executions with their steps: to read, to cancel, to redrive."""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter

import clock
from executions import dead_letters, services
from executions.admin import timeline
from executions.admin.dialogs import RedriveForm
from executions.admitting.limits.reasons import reason
from executions.errors import ExecutionError
from executions.models import Execution, StepRun
from executions.services import Started
from executions.states import EXECUTION_FAILED, EXECUTION_FINAL, ExecutionState
from organizations.buttons import Button, ButtonsAdmin
from organizations.display import NOTHING, ago, badge, duration, line, pretty
from organizations.scoped_admin import ScopedAdmin, as_uuid
from workflows.errors import Invalid
from workflows.models import Workflow
from workflows.services import definition_of


def state_of(execution: Execution) -> str:
    """Return the state, or `cancelling` while running steps are being interrupted."""
    waits = execution.cancel_requested_at and execution.state not in EXECUTION_FINAL
    return "cancelling" if waits else execution.state


def _parent_of(execution: Execution) -> StepRun | None:
    parent = execution.parent_step_id
    return StepRun.objects.filter(pk=parent).first() if parent else None


def page_of(execution_id: Any) -> str:
    """Return the address of an execution's page."""
    return reverse("admin:executions_execution_change", args=[execution_id])


def _redriven(execution: Execution, *, from_failed: bool, **wanted: Any) -> Started:
    """Start an execution again, with the input of the dialog."""
    new_input = wanted.pop("input")
    return dead_letters.redrive(execution, from_failed=from_failed, new_input=new_input, **wanted)


BUTTONS = {
    "cancel": Button(
        title="Cancel",
        ask="What nobody runs ends, running steps are interrupted; finished steps are compensated.",
        icon="stop_circle",
        may="cancel",
        service=services.cancel,
        done="Cancellation requested",
        variant="danger",
    ),
    "terminate": Button(
        title="Terminate",
        ask="It ends at once: running code is disowned, nothing is compensated or cleaned up.",
        icon="dangerous",
        may="cancel",
        service=services.terminate,
        done="Terminated",
        variant="danger",
    ),
    "redrive": Button(
        title="Redrive",
        ask="It starts again from the beginning, with the current version of the workflow.",
        icon="replay",
        may="redrive",
        service=partial(_redriven, from_failed=False),
        done="Started again; this is the new execution",
        form=RedriveForm,
        blame="input",
        then=lambda started: page_of(started.id),
        variant="primary",
    ),
    "go_on": Button(
        title="Redrive from the failed step",
        ask="What has finished is kept, and not done again; it goes on with the version that it had.",
        icon="resume",
        may="redrive",
        service=partial(_redriven, from_failed=True),
        done="Started again; this is the new execution",
        form=RedriveForm,
        blame="input",
        then=lambda started: page_of(started.id),
    ),
}


@admin.register(Execution)
class ExecutionAdmin(ButtonsAdmin, ScopedAdmin):
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
    search_help_text = (
        "Name of a workflow, idempotency key, or id of an execution, schedule, trigger or webhook"
    )
    # Ids grow with time, and every reader has their index.
    ordering = ("-pk",)
    fields = ()
    buttons = BUTTONS
    actions_detail = tuple(BUTTONS)
    actions = ("cancel_selected", "redrive_selected")

    def find(self, rows: QuerySet[Execution], term: str) -> QuerySet[Execution]:
        """Find by exact id or key, or by the beginning of the workflow's name."""
        if (wanted := as_uuid(term)) is not None:
            return rows.filter(Q(pk=wanted) | Q(schedule_id=wanted) | Q(trigger_id=wanted))
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
        context["may_start_again"] = execution and self._may_start_again(request, execution)
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
            "waiting_reason": reason(execution) if execution.state == ExecutionState.PENDING else "",
            "parent": _parent_of(execution),
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
        ended = execution is None or execution.state in EXECUTION_FAILED | {ExecutionState.CANCELLED}
        return ended and self.has_operate_permission(request, obj)

    def _may_start_again(self, request: HttpRequest, execution: Execution) -> bool:
        """Return whether this person may start its workflow with its input; one that failed is redriven instead."""
        is_active = execution.workflow.state == Workflow.State.ACTIVE
        return (
            is_active
            and not self.has_redrive_permission(request, execution)
            and self.has_operate_permission(request, execution)
        )

    @admin.action(description="Cancel", permissions=["operate"])
    def cancel_selected(self, request: HttpRequest, rows: QuerySet[Execution]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(request, rows, lambda row: services.cancel(row, by=by, now=now), done="Cancelled")

    @admin.action(description="Redrive", permissions=["operate"])
    def redrive_selected(self, request: HttpRequest, rows: QuerySet[Execution]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(
            request, rows, lambda row: dead_letters.redrive(row, by=by, now=now), done="Redriven"
        )

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
