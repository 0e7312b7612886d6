"""Skipped fires: times that were not started, and why."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from organizations.display import ago, badge
from organizations.scoped_admin import ScopedAdmin
from schedules.models import SkippedFire


@admin.register(SkippedFire)
class SkippedFireAdmin(ScopedAdmin):
    """What did not run, newest first."""

    organization_lookup = "schedule__organization_id"

    list_display = ("schedule", "reason_badge", "count", "first_fire_at", "last_fire_at", "recorded")
    list_filter = (("schedule", AutocompleteSelectFilter),)
    list_select_related = ("schedule",)
    search_fields = ("schedule__name",)
    ordering = ("-pk",)

    @admin.display(description="reason", ordering="reason")
    def reason_badge(self, skipped: SkippedFire) -> SafeString:
        return badge(skipped.reason)

    @admin.display(description="recorded", ordering="created_at")
    def recorded(self, skipped: SkippedFire) -> SafeString | str:
        return ago(skipped.created_at)
