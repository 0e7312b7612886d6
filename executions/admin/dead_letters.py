"""Dead letters: failed executions that wait for a person."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

import clock
from executions import dead_letters
from executions.admin.dialogs import DiscardForm, RedriveLetterForm
from executions.admin.executions import page_of
from executions.errors import ExecutionError
from executions.models import DeadLetter
from organizations.display import NOTHING, ago, badge, line
from organizations.scoped_admin import ScopedAdmin
from organizations.theme import button
from workflows.errors import Invalid


@admin.register(DeadLetter)
class DeadLetterAdmin(ScopedAdmin):
    """Dead letters, newest first."""

    refusals = (ExecutionError, Invalid)
    tabs_by = "resolution"
    list_display = (
        "workflow",
        "organization",
        "resolution_badge",
        "cause_badge",
        "reason_line",
        "age",
        "settled",
    )
    list_filter = (
        ("cause", ChoicesDropdownFilter),
        ("execution__workflow", AutocompleteSelectFilter),
        ("organization", AutocompleteSelectFilter),
    )
    list_select_related = ("execution__workflow", "organization")
    list_defer = ("execution__input",)
    search_fields = ("execution__workflow__name", "reason")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("workflow", "execution_link", "cause_badge", "reason_block", "created_at")}),
        ("Resolution", {"fields": ("resolution", "redriven_link", "note", "resolved_by", "resolved_at")}),
    )
    readonly_fields = ("workflow", "execution_link", "cause_badge", "reason_block", "redriven_link")
    actions_detail = ("redrive", "go_on", "discard")
    actions = ("redrive_selected", "go_on_selected", "discard_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeadLetter]:
        """Read the execution along."""
        return super().get_queryset(request).select_related("execution__workflow", "organization")

    def has_settle_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether it is still open, and this person may decide."""
        letter = self.row_of(request, obj)
        is_open = letter is None or letter.resolution == DeadLetter.Resolution.OPEN
        return is_open and self.has_operate_permission(request, obj)

    @button(
        "Redrive",
        ask="It starts again from the beginning, with the current version of the workflow.",
        icon="replay",
        permissions=("settle",),
        form=RedriveLetterForm,
        variant="primary",
    )
    def redrive(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._redrive(request, form, object_id, from_failed=False)

    @button(
        "Redrive from the failed step",
        ask="What has finished is kept, and not done again; it goes on with the version that it had.",
        icon="resume",
        permissions=("settle",),
        form=RedriveLetterForm,
    )
    def go_on(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._redrive(request, form, object_id, from_failed=True)

    def _redrive(self, request: HttpRequest, form: Any, object_id: str, *, from_failed: bool) -> HttpResponse:
        by, given = request.user.get_username(), form.cleaned_data["input"]
        return self.act(
            request,
            object_id,
            lambda letter: dead_letters.redrive(
                letter.execution, by=by, now=clock.now(), from_failed=from_failed, new_input=given
            ),
            done="Started again; this is the new execution",
            then=lambda started: page_of(started.id),
            form=form,
            blame="input",
        )

    @button(
        "Discard",
        ask="Nothing is started; the execution stays in the history as failed.",
        icon="delete",
        permissions=("settle",),
        form=DiscardForm,
    )
    def discard(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        by, note = request.user.get_username(), form.cleaned_data["note"]
        return self.act(
            request,
            object_id,
            lambda letter: dead_letters.discard(letter, by=by, now=clock.now(), note=note),
            done="Discarded",
        )

    @admin.action(description="Redrive", permissions=["operate"])
    def redrive_selected(self, request: HttpRequest, rows: QuerySet[DeadLetter]) -> None:
        self._redrive_each(request, rows, from_failed=False)

    @admin.action(description="Redrive from the failed step", permissions=["operate"])
    def go_on_selected(self, request: HttpRequest, rows: QuerySet[DeadLetter]) -> None:
        self._redrive_each(request, rows, from_failed=True)

    def _redrive_each(self, request: HttpRequest, rows: QuerySet[DeadLetter], *, from_failed: bool) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(
            request,
            rows,
            lambda letter: dead_letters.redrive(letter.execution, by=by, now=now, from_failed=from_failed),
            done="Redriven",
        )

    @admin.action(description="Discard", permissions=["operate"])
    def discard_selected(self, request: HttpRequest, rows: QuerySet[DeadLetter]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(
            request, rows, lambda letter: dead_letters.discard(letter, by=by, now=now), done="Discarded"
        )

    @admin.display(description="workflow")
    def workflow(self, letter: DeadLetter) -> str:
        return letter.execution.workflow.name

    @admin.display(description="resolution", ordering="resolution")
    def resolution_badge(self, letter: DeadLetter) -> SafeString:
        return badge(letter.resolution)

    @admin.display(description="cause", ordering="cause")
    def cause_badge(self, letter: DeadLetter) -> SafeString:
        return badge(letter.cause)

    @admin.display(description="reason")
    def reason_line(self, letter: DeadLetter) -> SafeString:
        return line(letter.reason)

    @admin.display(description="age", ordering="created_at")
    def age(self, letter: DeadLetter) -> SafeString | str:
        return ago(letter.created_at)

    @admin.display(description="settled")
    def settled(self, letter: DeadLetter) -> SafeString | str:
        if letter.resolved_at is None:
            return NOTHING
        return format_html("{} by {}", ago(letter.resolved_at), letter.resolved_by)

    @admin.display(description="execution")
    def execution_link(self, letter: DeadLetter) -> SafeString:
        return _link(letter.execution_id)

    @admin.display(description="redriven as")
    def redriven_link(self, letter: DeadLetter) -> SafeString | str:
        return _link(letter.redriven_as_id) if letter.redriven_as_id else NOTHING

    @admin.display(description="reason")
    def reason_block(self, letter: DeadLetter) -> SafeString:
        return format_html('<pre class="hz-json hz-error">{}</pre>', letter.reason)


def _link(execution_id: Any) -> SafeString:
    return format_html('<a class="hz-link" href="{}">{}</a>', page_of(execution_id), execution_id)
