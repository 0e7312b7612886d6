"""Events that nobody could deal with yet: to read, and to try at once."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from events.dispatching import hurry
from events.models import Dispatch
from organizations.buttons import Button, ButtonsAdmin
from organizations.display import ago, line
from organizations.scoped_admin import ScopedAdmin

BUTTONS = {
    "try_now": Button(
        title="Try now",
        ask="It is offered to a worker at once, not only when its pause is over.",
        icon="replay",
        may="operate",
        service=hurry,
        done="It will be tried at once",
        then=lambda _: reverse("admin:events_dispatch_changelist"),
        variant="primary",
    ),
}


@admin.register(Dispatch)
class DispatchAdmin(ButtonsAdmin, ScopedAdmin):
    """Events that were wanted and could not be handed on, the longest waiting first."""

    list_display = ("event", "organization", "consumer", "attempts", "error_line", "next_try")
    list_select_related = ("organization",)
    list_display_links = ("event",)
    ordering = ("event_id",)
    buttons = BUTTONS
    actions_detail = ("try_now",)
    fields = ("event_link", "consumer", "attempts", "next_try", "error_text")
    readonly_fields = ("event_link", "next_try", "error_text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispatch]:
        """Leave out those whose turn has not come: they are on their way."""
        rows: QuerySet[Dispatch] = super().get_queryset(request).exclude(error="")
        return rows

    @admin.display(description="event", ordering="event_id")
    def event(self, dispatch: Dispatch) -> int:
        return dispatch.event_id

    @admin.display(description="event")
    def event_link(self, dispatch: Dispatch) -> SafeString:
        link = reverse("admin:events_event_change", args=[dispatch.event_id])
        return format_html('<a class="hz-link" href="{}">{}</a>', link, dispatch.event_id)

    @admin.display(description="error")
    def error_line(self, dispatch: Dispatch) -> SafeString:
        return line(dispatch.error)

    @admin.display(description="error")
    def error_text(self, dispatch: Dispatch) -> SafeString:
        return format_html('<pre class="hz-json hz-error">{}</pre>', dispatch.error)

    @admin.display(description="next try", ordering="available_at")
    def next_try(self, dispatch: Dispatch) -> SafeString | str:
        return ago(dispatch.available_at)
