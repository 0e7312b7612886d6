"""What runs: workflows with their versions."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from organizations.display import ago, badge, line
from organizations.roles import Role
from organizations.scoped_admin import ScopedAdmin
from organizations.service_form import ServiceFormAdmin
from organizations.theme import button
from workflows import services
from workflows.forms import WorkflowForm, as_text
from workflows.models import Activation, Workflow, WorkflowVersion


@admin.register(Workflow)
class WorkflowAdmin(ServiceFormAdmin, ScopedAdmin):
    """Workflows; an edited definition becomes the next version."""

    role_to_add = Role.EDITOR
    role_to_change = Role.EDITOR

    form = WorkflowForm
    tabs_by = "state"
    list_display = ("name", "organization", "state_badge", "version", "summary", "updated")
    list_filter = (("organization", AutocompleteSelectFilter),)
    list_select_related = ("organization", "current_version")
    search_fields = ("name", "description")
    fields = ("organization", "name", "description", "definition", "note")
    actions_detail: tuple[str, ...] = ("archive",)
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        """Read the current version along."""
        return super().get_queryset(request).select_related("current_version", "organization")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep organization and name."""
        del request
        return ("organization", "name") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the definition as text to whoever may not change it."""
        if obj is not None and not self.has_change_permission(request, obj):
            return ("organization", "name", "description", "definition_text")
        return super().get_fields(request, obj)

    def has_archive_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the workflow can be archived by this person."""
        workflow = self.row_of(request, obj)
        is_active = workflow is None or workflow.state == Workflow.State.ACTIVE
        return is_active and self.has_edit_permission(request, obj)

    @button(
        "Archive",
        ask="It starts no execution any more; running ones end as they would, and the history stays.",
        icon="archive",
        permissions=("archive",),
        variant="danger",
    )
    def archive(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        del form
        return self.act(request, object_id, services.archive, done="Workflow archived")

    @admin.display(description="state", ordering="state")
    def state_badge(self, workflow: Workflow) -> SafeString:
        return badge(workflow.state)

    @admin.display(description="version")
    def version(self, workflow: Workflow) -> str:
        return f"v{workflow.current_version.number}" if workflow.current_version else ""

    @admin.display(description="description", ordering="description")
    def summary(self, workflow: Workflow) -> SafeString:
        return line(workflow.description)

    @admin.display(ordering="updated_at")
    def updated(self, workflow: Workflow) -> SafeString | str:
        return ago(workflow.updated_at)

    @admin.display(description="definition")
    def definition_text(self, workflow: Workflow) -> SafeString:
        return definition_block(workflow.current_version)


@admin.register(WorkflowVersion)
class WorkflowVersionAdmin(ScopedAdmin):
    """Frozen definitions, to read."""

    organization_lookup = "workflow__organization_id"

    list_display = ("workflow", "number", "note", "created_by", "created")
    list_display_links = ("number",)
    list_select_related = ("workflow",)
    search_fields = ("workflow__name", "note")
    ordering = ("-pk",)
    fields = ("workflow", "number", "note", "created_by", "created_at", "definition_text")
    readonly_fields = ("definition_text",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkflowVersion]:
        """Read the workflow along."""
        return super().get_queryset(request).select_related("workflow")

    @admin.display(ordering="created_at")
    def created(self, version: WorkflowVersion) -> SafeString | str:
        return ago(version.created_at)

    @admin.display(description="definition")
    def definition_text(self, version: WorkflowVersion) -> SafeString:
        return definition_block(version)


@admin.register(Activation)
class ActivationAdmin(ScopedAdmin):
    """Which version was the current one from when on, to read."""

    organization_lookup = "workflow__organization_id"

    list_display = ("workflow", "number", "note", "by", "when")
    list_display_links = ("number",)
    list_select_related = ("workflow", "version")
    search_fields = ("workflow__name", "note")
    ordering = ("-pk",)
    fields = ("workflow", "version", "note", "by", "at")

    @admin.display(description="version", ordering="version__number")
    def number(self, activation: Activation) -> str:
        return f"v{activation.version.number}"

    @admin.display(ordering="at")
    def when(self, activation: Activation) -> SafeString | str:
        return ago(activation.at)


def definition_block(version: WorkflowVersion | None) -> SafeString:
    """Return a version's definition as text that cannot be edited."""
    return format_html('<pre class="hz-json">{}</pre>', as_text(version) if version else "")
