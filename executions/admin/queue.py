"""The queue: step runs, the attempts that did not succeed, and the processes that are alive."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from executions.admin.approvals import DecidingAdmin
from executions.admin.executions import page_of
from executions.models import Approval, Attempt, Pulse, StepRun, WaitsFor
from executions.states import StepState
from executions.steps.approval import asked_in
from organizations.access import holds_anywhere
from organizations.display import NOTHING, ago, badge, line, pretty
from organizations.models import Organization
from organizations.roles import Role
from organizations.scoped_admin import ScopedAdmin, as_uuid


@admin.register(StepRun)
class StepRunAdmin(DecidingAdmin):
    """The queue, what went through it, and what waits for a decision."""

    organization_lookup = "execution__organization_id"
    tabs_by = "state"
    list_display: tuple[str, ...] = (
        "step",
        "workflow",
        "kind",
        "state_badge",
        "queue",
        "priority",
        "attempt",
        "available",
    )
    list_filter: ClassVar[tuple[tuple[str, Any], ...]] = (("kind", ChoicesDropdownFilter),)
    list_select_related: ClassVar[tuple[str, ...]] = ("execution__workflow",)
    search_fields = ("step",)
    search_help_text = "Id of a step, or of an execution"
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    list_defer = ("output", "execution__input")
    fieldsets = (
        (None, {"fields": ("step", "execution", "kind", "state", "result", "error")}),
        (
            "Queue",
            {"fields": ("queue", "priority", "available_at", "worker", "lease_expires_at", "resume_at")},
        ),
        ("Attempts", {"fields": ("attempt", "failures", "crashes", "started_at", "finished_at")}),
    )
    readonly_fields = ("result",)

    def find(self, rows: QuerySet[StepRun], term: str) -> QuerySet[StepRun]:
        """Find by step, or by execution."""
        if (wanted := as_uuid(term)) is not None:
            return rows.filter(execution_id=wanted)
        return rows.filter(step=term)

    @admin.display(description="workflow")
    def workflow(self, run: StepRun) -> SafeString:
        return format_html('<a href="{}">{}</a>', page_of(run.execution_id), run.execution.workflow.name)

    @admin.display(description="state", ordering="state")
    def state_badge(self, run: StepRun) -> SafeString:
        return badge(run.state)

    @admin.display(description="output")
    def result(self, run: StepRun) -> SafeString:
        return format_html('<pre class="hz-json">{}</pre>', pretty(run.output))

    @admin.display(description="available", ordering="available_at")
    def available(self, run: StepRun) -> SafeString | str:
        return ago(run.available_at)


@admin.register(Approval)
class ApprovalAdmin(StepRunAdmin):
    """What people are asked now, the oldest question first; a page stays when it has been answered."""

    tabs_by = ""
    list_display = ("question", "organization", "workflow", "step", "asked", "deadline")
    list_filter = (("execution__workflow", AutocompleteSelectFilter),)
    list_select_related = ("execution__workflow", "execution__organization")
    list_defer = ("item", "execution__input")
    ordering = ("started_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StepRun]:
        """List only what waits for an answer."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and match.url_name == "executions_approval_changelist"
        return rows.filter(state=StepState.WAITING, waits_for=WaitsFor.APPROVAL) if is_list else rows

    @admin.display(description="asks")
    def question(self, run: StepRun) -> SafeString:
        return line(asked_in(run.output))

    @admin.display(description="organization")
    def organization(self, run: StepRun) -> Organization:
        return run.execution.organization

    @admin.display(description="asked", ordering="started_at")
    def asked(self, run: StepRun) -> SafeString | str:
        return ago(run.started_at)

    @admin.display(description="deadline", ordering="resume_at")
    def deadline(self, run: StepRun) -> SafeString | str:
        return ago(run.resume_at)


@admin.register(Attempt)
class AttemptAdmin(ScopedAdmin):
    """Attempts that did not succeed, newest first."""

    organization_lookup = "step_run__execution__organization_id"
    tabs_by = "outcome"
    list_display = ("step", "workflow", "number", "outcome_badge", "error_line", "worker", "ended")
    list_select_related = ("step_run__execution__workflow",)
    search_fields = ("=step_run__step",)
    ordering = ("-pk",)
    list_defer = ("traceback", "step_run__output", "step_run__execution__input")
    fields = (
        "step_run",
        "number",
        "outcome",
        "error",
        "trace",
        "worker",
        "started_at",
        "finished_at",
        "retry_at",
    )
    readonly_fields = ("trace",)

    @admin.display(description="step")
    def step(self, attempt: Attempt) -> str:
        return attempt.step_run.step

    @admin.display(description="workflow")
    def workflow(self, attempt: Attempt) -> SafeString:
        execution = attempt.step_run.execution
        return format_html('<a href="{}">{}</a>', page_of(execution.pk), execution.workflow.name)

    @admin.display(description="outcome")
    def outcome_badge(self, attempt: Attempt) -> SafeString:
        return badge(attempt.outcome)

    @admin.display(description="error")
    def error_line(self, attempt: Attempt) -> SafeString:
        return line(attempt.error)

    @admin.display(description="ended", ordering="finished_at")
    def ended(self, attempt: Attempt) -> SafeString | str:
        return ago(attempt.finished_at)

    @admin.display(description="traceback")
    def trace(self, attempt: Attempt) -> SafeString:
        return format_html('<pre class="hz-json">{}</pre>', attempt.traceback or NOTHING)


@admin.register(Pulse)
class PulseAdmin(ScopedAdmin):
    """Signs of life of beats and workers; they serve every organization."""

    list_display = ("name", "role", "seen")
    list_filter = (("role", ChoicesDropdownFilter),)
    ordering = ("-seen_at",)

    def scoped(self, rows: QuerySet[Pulse], request: HttpRequest) -> QuerySet[Pulse]:
        """Show all of them to every member of anything."""
        return rows if holds_anywhere(request, Role.VIEWER) else rows.none()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del obj
        return self.allows(request, Role.VIEWER)

    @admin.display(description="seen", ordering="seen_at")
    def seen(self, pulse: Pulse) -> SafeString | str:
        return ago(pulse.seen_at)
