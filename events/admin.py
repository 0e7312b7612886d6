"""Told: the event log, to read."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from events.models import Event
from organizations.display import ago, moment, pretty
from organizations.scoped_admin import ScopedAdmin, as_uuid


@admin.register(Event)
class EventAdmin(ScopedAdmin):
    """What happened, newest first."""

    list_display = ("type", "organization", "source", "subject", "when", "about")
    list_select_related = ("organization",)
    list_display_links = ("type",)
    search_fields = ("=type",)
    search_help_text = (
        "A type such as order.paid, a prefix such as order.*, a subject, "
        "or the id of an execution, schedule or workflow"
    )
    ordering = ("-id",)
    fields = (
        "type",
        "organization",
        "source",
        "external_id",
        "subject",
        "moment",
        "workflow_id",
        "schedule_id",
        "execution_id",
        "content",
        "try_it",
    )
    readonly_fields = ("moment", "content", "try_it")

    def find(self, rows: QuerySet[Event], term: str) -> QuerySet[Event]:
        """Find by type, by prefix of types, or by what the event is about."""
        if term.endswith(".*"):
            return rows.filter(type__startswith=term.removesuffix("*"))
        named = Q(type=term) | Q(subject=term)
        subject = as_uuid(term)
        if subject is None:
            return rows.filter(named)
        return rows.filter(named | Q(execution_id=subject) | Q(schedule_id=subject) | Q(workflow_id=subject))

    @admin.display(description="when", ordering="at")
    def when(self, event: Event) -> SafeString | str:
        return ago(event.at)

    @admin.display(description="at")
    def moment(self, event: Event) -> str:
        return moment(event.at)

    @admin.display(description="data")
    def about(self, event: Event) -> str:
        return ", ".join(f"{name}: {value}" for name, value in event.data.items())[:200]

    @admin.display(description="data")
    def content(self, event: Event) -> SafeString:
        return format_html('<pre class="hz-json">{}</pre>', pretty(event.data))

    @admin.display(description="triggers")
    def try_it(self, event: Event) -> SafeString:
        page = reverse("admin:triggers_trigger_try_any")  # by its name: triggers know events, not the reverse
        return format_html(
            '<a class="hz-link" href="{}?event={}">see which ones it matches</a>', page, event.pk
        )
