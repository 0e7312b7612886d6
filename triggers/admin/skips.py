"""Skipped events: what matched a trigger and started nothing, and why."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from organizations.display import ago, badge, line
from organizations.scoped_admin import ScopedAdmin
from triggers.models import Skip


@admin.register(Skip)
class SkipAdmin(ScopedAdmin):
    """What was wanted and started nothing, newest first; kept for thirty days."""

    list_display = ("trigger", "reason_badge", "count", "detail_line", "event", "recorded")
    list_filter = (("trigger", AutocompleteSelectFilter), ("reason", ChoicesDropdownFilter))
    list_select_related = ("trigger",)
    search_fields = ("trigger__name",)
    ordering = ("-pk",)
    fields = ("trigger", "reason_badge", "count", "event", "at", "detail")
    readonly_fields = ("reason_badge", "event")

    @admin.display(description="reason", ordering="reason")
    def reason_badge(self, skip: Skip) -> SafeString:
        return badge(skip.reason)

    @admin.display(description="detail")
    def detail_line(self, skip: Skip) -> SafeString:
        return line(skip.detail)

    @admin.display(description="event, or the last one")
    def event(self, skip: Skip) -> SafeString:
        link = reverse("admin:events_event_change", args=[skip.event_id])
        return format_html('<a class="hz-link" href="{}">{}</a>', link, skip.event_id)

    @admin.display(description="recorded", ordering="at")
    def recorded(self, skip: Skip) -> SafeString | str:
        return ago(skip.at)
