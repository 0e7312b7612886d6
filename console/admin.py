"""The pages that need more than one app."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

import clock
from console import periodic_tasks
from console.dialogs import StartForm
from executions.admin import ExecutionAdmin
from executions.admin.executions import page_of
from executions.errors import ExecutionError
from executions.models import Execution, Source
from executions.services import Start, start
from organizations.theme import button
from schedules.models import Schedule
from workflows.admin import WorkflowAdmin
from workflows.errors import Invalid
from workflows.models import Workflow

__all__ = ["ScheduledExecutionAdmin", "StartableWorkflowAdmin", "periodic_tasks"]

SHOWN = 10  # executions and schedules on a workflow's page

for model in (Workflow, Execution):
    admin.site.unregister(model)


@admin.register(Workflow)
class StartableWorkflowAdmin(WorkflowAdmin):
    """Workflows that can be started from their page."""

    refusals = (ExecutionError, Invalid)
    actions_detail = ("start_now", "archive")
    change_form_outer_before_template = "console/workflow_panel.html"

    def has_start_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the workflow starts executions, and this person may."""
        workflow = self.row_of(request, obj)
        is_active = workflow is None or workflow.state == Workflow.State.ACTIVE
        return is_active and self.has_operate_permission(request, obj)

    @button(
        "Start now",
        ask="An execution of the current version.",
        icon="play_arrow",
        permissions=("start",),
        form=StartForm,
        submit="Start",
        variant="primary",
    )
    def start_now(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        by, given = request.user.get_username(), form.cleaned_data
        return self.act(
            request,
            object_id,
            lambda workflow: start(
                Start(
                    workflow=workflow,
                    source=Source.MANUAL,
                    input=given["input"],
                    priority=given["priority"],
                    by=by,
                ),
                now=clock.now(),
            ),
            done="Started",
            then=lambda started: page_of(started.id),
            form=form,
            blame="input",
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form below what the workflow has done and what starts it."""
        workflow = self.get_object(request, object_id)
        context = _around(workflow) if workflow else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})


def _around(workflow: Workflow) -> dict[str, Any]:
    executions = (
        workflow.executions.select_related("version")
        .defer("input", "version__definition")
        .order_by("-created_at", "-id")
    )
    schedules = workflow.schedules.visible().defer("input").order_by("name")
    return {
        "workflow": workflow,
        "executions": executions.defer("input", "version__definition")[:SHOWN],
        "schedules": schedules[:SHOWN],
        "versions": workflow.versions.defer("definition").order_by("-number")[:SHOWN],
    }


@admin.register(Execution)
class ScheduledExecutionAdmin(ExecutionAdmin):
    """Executions that name the schedule that started them."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Execution]:
        """Read the schedule's name along."""
        names = Schedule.objects.filter(pk=OuterRef("schedule_id")).values("name")
        rows: QuerySet[Execution] = super().get_queryset(request).annotate(schedule_name=Subquery(names))
        return rows

    @admin.display(description="started by")
    def cause(self, execution: Execution) -> SafeString | str:
        name = getattr(execution, "schedule_name", None)
        if not name:
            return super().cause(execution)
        link = reverse("admin:schedules_schedule_change", args=[execution.schedule_id])
        by_hand = f" ({execution.started_by})" if execution.started_by else ""
        return format_html('<a class="hz-link" href="{}">{}</a>{}', link, name, by_hand)

    def page_context(self, execution: Execution, *, now: datetime) -> dict[str, Any]:
        """Return what the page shows, with the schedule's name."""
        context = super().page_context(execution, now=now)
        return {**context, "schedule_name": getattr(execution, "schedule_name", None)}
