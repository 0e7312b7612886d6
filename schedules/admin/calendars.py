"""Calendars: to write, with what they exclude and who uses them."""

import json
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.contrib.filters.admin import AutocompleteSelectFilter

import clock
from organizations.buttons import Button, ButtonsAdmin
from organizations.display import ago, line
from organizations.json_field import Json
from organizations.roles import Role
from organizations.scoped_admin import ScopedAdmin
from organizations.service_form import ServiceForm, ServiceFormAdmin
from organizations.theme import paragraph
from schedules import services
from schedules.calendars import ExcludedRange, calendar_from_list, describe, preview
from schedules.errors import InvalidSchedule, ScheduleError
from schedules.models import Calendar, Schedule
from workflows.models import NAME

DAYS = 90  # that the page looks ahead
SHOWN = 100  # ranges, and schedules that use it
UTC_ZONE = ZoneInfo("UTC")

EXAMPLES: tuple[dict[str, Any], ...] = (
    {"kind": "holidays", "country": "DE", "subdivision": "BY"},
    {"kind": "dates", "dates": ["2026-12-24", {"from": "2026-12-28", "to": "2026-12-31"}]},
    {"kind": "yearly", "dates": ["12-24", "12-31"]},
    {"kind": "weekly", "days": ["SAT", "SUN"]},
    {"kind": "weekly", "days": ["FRI"], "from": "18:00", "to": "23:00"},
    {"kind": "instants", "from": "2026-12-01T22:00:00Z", "to": "2026-12-02T02:00:00Z"},
)
HELP = "A JSON list; what any of its entries excludes does not fire. Entries, for example:"


def _help() -> SafeString:
    lines = ((json.dumps(example),) for example in EXAMPLES)
    return format_html("{}<br>{}", HELP, format_html_join(mark_safe("<br>"), "<code>{}</code>", lines))


class CalendarForm(ServiceForm):
    """A calendar and its entries."""

    invalid = (InvalidSchedule,)
    refusals = (ScheduleError,)

    entries = Json(required=False, of=list, rows=12, label="Entries", help_text=_help())
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Calendar
        fields: ClassVar = ("organization", "name", "description")
        widgets: ClassVar = {"description": paragraph()}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "name" in self.fields:  # nobody edits what they may only view
            self.fields["name"].help_text = NAME.message
            self.fields["name"].validators.append(NAME)
        self.initial.update(entries=self.instance.entries, based_on=self.instance.version)

    def write(self) -> Calendar:
        """Create the calendar, or change it unless somebody else has meanwhile."""
        data = self.cleaned_data
        settings = {name: data[name] for name in ("name", "description", "entries")}
        if self.is_new:
            return services.create_calendar(data["organization"], now=clock.now(), by=self.by, **settings)
        return services.change_calendar(self.instance, now=clock.now(), based_on=data["based_on"], **settings)


def _delete(calendar: Calendar, *, by: str, now: datetime) -> None:
    del by, now
    services.delete_calendar(calendar)


BUTTONS = {
    "remove": Button(
        title="Delete",
        ask="It is gone for good; refused while a schedule uses it.",
        icon="delete",
        may="edit",
        service=_delete,
        done="Calendar deleted",
        then=lambda _: reverse("admin:schedules_calendar_changelist"),
        variant="danger",
    ),
}


@admin.register(Calendar)
class CalendarAdmin(ButtonsAdmin, ServiceFormAdmin, ScopedAdmin):
    """Calendars of the organizations."""

    role_to_add = Role.EDITOR
    role_to_change = Role.EDITOR
    refusals = (ScheduleError,)

    form = CalendarForm
    list_display = ("name", "organization", "excluded", "changed")
    list_filter = (("organization", AutocompleteSelectFilter),)
    list_select_related = ("organization",)
    search_fields = ("name", "description")
    fields = ("organization", "name", "description", "entries", "based_on")
    buttons = BUTTONS
    actions_detail = ("remove",)
    change_form_outer_before_template = "schedules/calendar_panel.html"
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Calendar]:
        """Read the organization along."""
        return super().get_queryset(request).select_related("organization")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the organization."""
        del request
        return ("organization",) if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show columns to whoever may not change them."""
        may_write = obj is None or self.has_change_permission(request, obj)
        return self.fields if may_write else ("organization", "name", "description", "entries")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form below what the calendar excludes."""
        calendar = self.get_object(request, object_id)
        context = _context_of(calendar, now=clock.now()) if calendar else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @admin.display(description="excludes")
    def excluded(self, calendar: Calendar) -> SafeString:
        return line(words(calendar))

    @admin.display(description="changed", ordering="updated_at")
    def changed(self, calendar: Calendar) -> SafeString | str:
        return ago(calendar.updated_at)


def words(calendar: Calendar) -> str:
    """Return what a calendar excludes in a sentence; of one that can no longer be read, that."""
    try:
        return describe(calendar_from_list(calendar.entries))
    except (ValueError, TypeError):
        return "unreadable"


def _context_of(calendar: Calendar, *, now: datetime) -> dict[str, Any]:
    users = Schedule.objects.using_calendar(calendar.pk).visible().defer("input").order_by("name")
    return {
        "calendar": calendar,
        "words": words(calendar),
        "days": DAYS,
        "ranges": [_shown(excluded) for excluded in _ranges(calendar, now=now)[:SHOWN]],
        "users": users[:SHOWN],
    }


def _ranges(calendar: Calendar, *, now: datetime) -> list[ExcludedRange]:
    try:
        entries = calendar_from_list(calendar.entries)
        return preview(entries, zone=UTC_ZONE, from_date=now.date(), days=DAYS)
    except (ValueError, TypeError):
        return []


def _shown(excluded: ExcludedRange) -> tuple[str, str]:
    """Return a range as text, whole days without the time of day, and why it is excluded."""
    start, end = excluded.start, excluded.end
    if start.time() == end.time() == datetime.min.time():
        last = end - datetime.resolution
        days = (
            f"{start:%a %Y-%m-%d}"
            if last.date() == start.date()
            else f"{start:%a %Y-%m-%d} to {last:%a %Y-%m-%d}"
        )
        return days, excluded.reason
    until = f"{end:%H:%M:%S}" if end.date() == start.date() else f"{end:%a %Y-%m-%d %H:%M:%S}"
    return f"{start:%a %Y-%m-%d %H:%M:%S} to {until}", excluded.reason
