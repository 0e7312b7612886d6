"""The pages that need more than one app."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console import periodic_tasks
from executions.admin import ExecutionAdmin
from executions.admin.starting import start_page
from executions.models import Execution
from organizations.buttons import page
from schedules.models import Schedule
from triggers.models import Trigger, Webhook
from workflows.admin import WorkflowAdmin
from workflows.models import Workflow

__all__ = ["ScheduledExecutionAdmin", "StartableWorkflowAdmin", "periodic_tasks"]

SHOWN = 10  # executions and schedules on a workflow's page

for model in (Workflow, Execution):
    admin.site.unregister(model)


@admin.register(Workflow)
class StartableWorkflowAdmin(WorkflowAdmin):
    """Workflows that can be started from their page."""

    actions_detail = ("start", "archive")
    change_form_outer_before_template = "console/workflow_panel.html"

    def has_start_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the workflow starts executions, and this person may."""
        workflow = self.row_of(request, obj)
        if obj is not None and workflow is None:
            raise Http404
        is_active = workflow is None or workflow.state == Workflow.State.ACTIVE
        return is_active and self.has_operate_permission(request, obj)

    @page("Start…", icon="play_arrow", permissions=("start",))
    def start(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return start_page(self, request, object_id)

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
        "triggers": workflow.triggers.defer("input").order_by("name")[:SHOWN],
        "webhooks": workflow.webhooks.defer("input").order_by("name")[:SHOWN],
        "versions": workflow.versions.defer("definition").order_by("-number")[:SHOWN],
    }


@admin.register(Execution)
class ScheduledExecutionAdmin(ExecutionAdmin):
    """Executions that name the schedule, trigger or webhook that started them."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Execution]:
        """Read the names of what started them along."""
        rows: QuerySet[Execution] = (
            super()
            .get_queryset(request)
            .annotate(
                schedule_name=_name_of(Schedule, "schedule_id"),
                trigger_name=_name_of(Trigger, "trigger_id"),
                webhook_name=_name_of(Webhook, "trigger_id"),
            )
        )
        return rows

    @admin.display(description="started by")
    def cause(self, execution: Execution) -> SafeString | str:
        name, link = _cause_of(execution)
        if not name:
            return super().cause(execution)
        by_hand = f" ({execution.started_by})" if execution.schedule_id and execution.started_by else ""
        return format_html('<a class="hz-link" href="{}">{}</a>{}', link, name, by_hand)

    def page_context(self, execution: Execution, *, now: datetime) -> dict[str, Any]:
        """Return what the page shows, with what started it."""
        context = super().page_context(execution, now=now)
        name, link = _cause_of(execution)
        schedule_name = getattr(execution, "schedule_name", None)
        return {**context, "schedule_name": schedule_name, "cause_name": name, "cause_page": link}


def _name_of(kind: type[Schedule] | type[Trigger] | type[Webhook], field: str) -> Subquery:
    return Subquery(kind.objects.filter(pk=OuterRef(field)).values("name"))


def _cause_of(execution: Execution) -> tuple[str, str]:
    """Return the name and page of the schedule, trigger or webhook that started an execution, if it is there."""
    for kind, id_ in (
        ("schedules_schedule", execution.schedule_id),
        ("triggers_trigger", execution.trigger_id),
        ("triggers_webhook", execution.trigger_id),
    ):
        if name := getattr(execution, f"{kind.partition('_')[2]}_name", None):
            return name, reverse(f"admin:{kind}_change", args=[id_])
    return "", ""
