"""Workers: who they are, what they use and run; to drain and resume."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

import clock
from executions.admin.executions import page_of
from executions.errors import ExecutionError
from executions.models import WorkerNode
from executions.workers import services
from executions.workers.standing import Standing, standings
from organizations.access import holds_anywhere, roles_of
from organizations.buttons import Button, ButtonsAdmin
from organizations.display import NOTHING, ago, badge
from organizations.roles import Role
from organizations.scoped_admin import ScopedAdmin

BUTTONS = {
    "drain": Button(
        title="Drain",
        ask="It takes no more steps and goes on with what it runs, until it is resumed or restarted.",
        icon="pause",
        may="drain",
        service=services.drain,
        done="Drain requested; the worker obeys within seconds",
    ),
    "resume": Button(
        title="Resume",
        ask="It takes steps again.",
        icon="resume",
        may="resume",
        service=services.resume,
        done="Resumed; the worker obeys within seconds",
        variant="primary",
    ),
}


@admin.register(WorkerNode)
class WorkerNodeAdmin(ButtonsAdmin, ScopedAdmin):
    """Workers that were seen within ten minutes; they serve every organization."""

    refusals = (ExecutionError,)
    buttons = BUTTONS
    actions_detail = ("drain", "resume")
    list_display = ("name", "standing", "serves", "slots", "running", "memory", "cpu", "seen")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "standing", ("host", "pid"), ("serves", "slots"), "steps")}),
        ("Load", {"fields": ("memory", "cpu")}),
        (
            "Life",
            {"fields": ("started_at", "seen_at", "stopped_at", ("drain_requested_at", "drain_requested_by"))},
        ),
    )
    readonly_fields = ("standing", "serves", "steps", "memory", "cpu")

    def scoped(self, rows: QuerySet[WorkerNode], request: HttpRequest) -> QuerySet[WorkerNode]:
        """Show all of them to every member of anything."""
        return rows if holds_anywhere(request, Role.VIEWER) else rows.none()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del obj
        return self.allows(request, Role.VIEWER)

    def has_drain_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether it claims, and the person answers for all organizations."""
        worker = self.row_of(request, obj)
        return _may_steer(request) and (
            worker is None or (worker.stopped_at is None and worker.drain_requested_at is None)
        )

    def has_resume_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether it is drained, and the person answers for all organizations."""
        worker = self.row_of(request, obj)
        return _may_steer(request) and (
            worker is None or (worker.stopped_at is None and worker.drain_requested_at is not None)
        )

    def page_of(self, row: Model) -> str:
        """Return the address of a worker's page; a name may hold what Django quotes."""
        return reverse("admin:executions_workernode_change", args=[quote(row.pk)])

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row, with the organizations whose steps the person may see."""
        worker = super().get_object(request, object_id, from_field)
        if worker is not None:
            worker.seen_by = list(roles_of(request))
        return worker

    @admin.display(description="state")
    def standing(self, worker: WorkerNode) -> SafeString:
        return badge(_standing(worker).state)

    @admin.display(description="running")
    def running(self, worker: WorkerNode) -> int:
        return _standing(worker).running

    @admin.display(description="serves")
    def serves(self, worker: WorkerNode) -> str:
        return ", ".join(worker.queues)

    @admin.display(description="runs")
    def steps(self, worker: WorkerNode) -> SafeString | str:
        found = [
            step
            for organization_id in getattr(worker, "seen_by", ())
            for one in standings([worker], now=clock.now(), organization_id=organization_id)
            for step in one.steps
        ]
        rows = ((page_of(step.execution_id), step.workflow_name, step.step) for step in found)
        return format_html_join(", ", '<a class="hz-link" href="{}">{}: {}</a>', rows) or NOTHING

    @admin.display(description="memory", ordering="memory_bytes")
    def memory(self, worker: WorkerNode) -> str:
        used, limit = filesizeformat(worker.memory_bytes), worker.memory_limit_bytes
        return f"{used} of {filesizeformat(limit)}" if limit else used

    @admin.display(description="processor", ordering="cpu_percent")
    def cpu(self, worker: WorkerNode) -> str:
        used, limit = f"{worker.cpu_percent:.0f} %", worker.cpu_limit_percent
        return f"{used} of {limit:.0f} %" if limit else used

    @admin.display(description="seen", ordering="seen_at")
    def seen(self, worker: WorkerNode) -> SafeString | str:
        return ago(worker.seen_at)


def _standing(worker: WorkerNode) -> Standing:
    return standings([worker], now=clock.now())[0]


def _may_steer(request: HttpRequest) -> bool:
    role = Role.ADMIN if holds_anywhere(request, Role.ADMIN) else None
    return services.may_steer(request.user, role=role)
