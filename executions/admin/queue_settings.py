"""Queues: what stands in them, and what an operator has set for them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

import clock
from executions.errors import ExecutionError, InvalidQueue
from executions.models import QueueMinute, QueueSetting
from executions.queues import services, statistics
from executions.queues.peek import queued
from organizations.access import roles_of, sees_all
from organizations.buttons import Button, ButtonsAdmin
from organizations.display import NOTHING, ago, badge, duration
from organizations.models import Organization
from organizations.roles import Role
from organizations.scoped_admin import ScopedAdmin
from organizations.service_form import ServiceForm, ServiceFormAdmin
from organizations.theme import DialogForm, Line

MOST_ORGANIZATIONS = 20  # whose queues the list shows
SHOWN = 10  # steps that a queue's page shows


class ReasonForm(DialogForm):
    """Why a queue is paused."""

    reason = Line(required=False, max_length=500, label="Reason", help_text="Shown to whoever finds it so.")


class QueueForm(ServiceForm):
    """Limits and aging of a queue."""

    invalid = (InvalidQueue,)
    refusals = (ExecutionError,)

    class Meta:
        model = QueueSetting
        fields: ClassVar = ("organization", "name", "max_running", "max_waiting", "aging_seconds")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in services.SETTINGS:
            if name in self.fields:
                self.fields[name].required = False

    def write(self) -> QueueSetting:
        """Change the settings, of a queue that may have had none."""
        data = self.cleaned_data
        organization = data["organization"] if self.is_new else self.instance.organization
        name = data["name"] if self.is_new else self.instance.name
        settings = {field: data[field] for field in services.SETTINGS}
        return services.change(organization, name, by=self.by, now=clock.now(), settings=settings)


def _pause(setting: QueueSetting, *, by: str, now: datetime, reason: str) -> QueueSetting:
    return services.pause(setting.organization, setting.name, by=by, now=now, reason=reason)


def _resume(setting: QueueSetting, *, by: str, now: datetime) -> QueueSetting:
    return services.resume(setting.organization, setting.name, by=by, now=now)


BUTTONS = {
    "pause": Button(
        title="Pause",
        ask="None of the organization's steps is taken from it until it is resumed; what runs goes on.",
        icon="pause",
        may="pause",
        service=_pause,
        done="Paused",
        form=ReasonForm,
    ),
    "resume": Button(
        title="Resume",
        ask="Its steps are taken again.",
        icon="resume",
        may="resume",
        service=_resume,
        done="Resumed",
        variant="primary",
    ),
}


@admin.register(QueueSetting)
class QueueSettingAdmin(ButtonsAdmin, ServiceFormAdmin, ScopedAdmin):
    """Queues with settings, below all that hold something."""

    form = QueueForm
    refusals = (ExecutionError, InvalidQueue)
    role_to_add = Role.EDITOR
    role_to_change = Role.EDITOR
    buttons = BUTTONS
    actions_detail = ("pause", "resume")
    list_display = (
        "name",
        "organization",
        "standing",
        "max_running",
        "max_waiting",
        "aging_seconds",
        "paused",
    )
    list_filter = (("organization", AutocompleteSelectFilter),)
    list_select_related = ("organization",)
    list_before_template = "executions/queues.html"
    change_form_outer_before_template = "executions/queue_panel.html"
    search_fields = ("name",)
    ordering = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Let nobody move settings to another queue."""
        del request
        return ("organization", "name") if obj else ()

    def has_pause_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may pause it."""
        return self.has_operate_permission(request, obj)

    def has_resume_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether it is paused, and the person may resume it."""
        setting = self.row_of(request, obj)
        is_paused = setting is None or setting.paused_at is not None
        return is_paused and self.has_operate_permission(request, obj)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show above the settings what stands in the queues."""
        shown = {"queues": list(_queues(request, now=clock.now()))}
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show above the settings what stands in the queue, and what is next."""
        setting = self.get_object(request, object_id)
        context = _panel(setting, now=clock.now()) if setting else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @admin.display(description="state")
    def standing(self, setting: QueueSetting) -> SafeString:
        return badge("paused" if setting.paused_at else "active")

    @admin.display(description="paused")
    def paused(self, setting: QueueSetting) -> SafeString | str:
        return ago(setting.paused_at) if setting.paused_at else NOTHING


@admin.register(QueueMinute)
class QueueMinuteAdmin(ScopedAdmin):
    """What ended in each queue, minute by minute, for two days."""

    list_display = ("queue", "minute_at", "attempts", "failed", "waited", "ran")
    search_fields = ("=queue",)
    ordering = ("-minute_at", "queue")
    fields = ("queue", "minute_at", "attempts", "failed", "waited", "ran")
    readonly_fields = ("waited", "ran")

    @admin.display(description="waited, on average")
    def waited(self, minute: QueueMinute) -> str:
        return duration(timedelta(seconds=minute.waited_seconds / max(1, minute.attempts)))

    @admin.display(description="ran, on average")
    def ran(self, minute: QueueMinute) -> str:
        return duration(timedelta(seconds=minute.ran_seconds / max(1, minute.attempts)))


def _queues(request: HttpRequest, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield what stands in each queue of the person's organizations."""
    organizations = Organization.objects.order_by("slug")
    if not sees_all(request):
        organizations = organizations.filter(pk__in=list(roles_of(request)))
    for organization in organizations[:MOST_ORGANIZATIONS]:
        names = statistics.names(organization.pk, now=now)
        for queue in statistics.queues(organization.pk, names=names, now=now) if names else ():
            yield {"organization": organization, "queue": queue}


def _panel(setting: QueueSetting, *, now: datetime) -> dict[str, Any]:
    (queue,) = statistics.queues(setting.organization_id, names=[setting.name], now=now)
    following = queued(setting.organization_id, setting.name).select_related("execution__workflow")
    return {
        "queue": queue,
        "following": following.defer("output", "item", "execution__input")[:SHOWN],
        "rates": [("5 minutes", queue.last_5_minutes), ("hour", queue.last_hour)],
    }
