"""Deliveries: what webhooks were told and what came of it; to read and to replay."""

import json
from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)

import clock
from executions.admin.executions import page_of
from executions.errors import ExecutionError
from organizations.buttons import ButtonsAdmin
from organizations.display import NOTHING, ago, badge, pretty, words
from organizations.scoped_admin import ScopedAdmin, as_uuid
from organizations.theme import button
from triggers import webhooks
from triggers.admin.triggers import brief
from triggers.errors import TriggerError
from triggers.models import Delivery, Outcome, Webhook
from workflows.errors import Invalid

MOST_SHOWN = 100_000  # characters of a body
REPLAYS = 20
MOST_NAMED = 100  # deliveries of one id, to several webhooks


@admin.register(Delivery)
class DeliveryAdmin(ButtonsAdmin, ScopedAdmin):
    """Deliveries that could prove who sent them, newest first."""

    refusals = (TriggerError, ExecutionError, Invalid)
    tabs_by = "outcome"

    list_display = (
        "received",
        "organization",
        "webhook",
        "delivery_line",
        "outcome_badge",
        "reason_line",
        "execution",
        "remote_address",
    )
    list_display_links = ("received",)
    list_filter = (
        ("webhook", AutocompleteSelectFilter),
        ("outcome", ChoicesDropdownFilter),
        ("received_at", RangeDateTimeFilter),
        ("organization", AutocompleteSelectFilter),
    )
    list_select_related = ("webhook", "organization")
    list_defer = ("body", "headers", "detail")
    search_fields = ("=delivery_id",)
    search_help_text = "Id of a delivery as its sender knows it, or of a delivery, webhook or execution"
    ordering = ("-received_at", "-id")
    fields = ()
    actions_detail = ("replay",)
    change_form_outer_before_template = "triggers/delivery_panel.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Read the webhook along."""
        rows: QuerySet[Delivery] = super().get_queryset(request).select_related("webhook__workflow")
        return rows

    def find(self, rows: QuerySet[Delivery], term: str) -> QuerySet[Delivery]:
        """Find by id."""
        # With the webhooks, whose index has it: delivery_once.
        named = rows.filter(
            webhook__in=Webhook.objects.values("pk"), delivery_id=term, replay_of_id__isnull=True
        )
        if (wanted := as_uuid(term)) is None:
            return named
        ids = list(named.values_list("pk", flat=True)[:MOST_NAMED])
        return rows.filter(Q(pk__in=[wanted, *ids]) | Q(webhook=wanted) | Q(execution_id=wanted))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what came, and what came of it."""
        delivery = self.get_object(request, object_id)
        context = _context_of(delivery) if delivery else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @button(
        "Replay",
        ask="It goes through its webhook once more, by the settings of now, as a new delivery; what it starts, it "
        "starts again.",
        icon="replay",
        permissions=("operate",),
        variant="primary",
    )
    def replay(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        del form
        by = request.user.get_username()

        def again(delivery: Delivery) -> Any:
            taken = webhooks.replay(delivery, by=by, now=clock.now())
            messages.info(request, _told(taken))
            return taken

        return self.act(
            request, object_id, again, done="Replayed; this is the new delivery", then=_page_of_taken
        )

    @admin.display(description="received", ordering="received_at")
    def received(self, delivery: Delivery) -> SafeString | str:
        return ago(delivery.received_at)

    @admin.display(description="delivery", ordering="delivery_id")
    def delivery_line(self, delivery: Delivery) -> SafeString:
        return brief(delivery.delivery_id or NOTHING, width=10)

    @admin.display(description="outcome", ordering="outcome")
    def outcome_badge(self, delivery: Delivery) -> SafeString:
        replayed = format_html(' <span class="hz-weak">{}</span>', "replay") if delivery.replay_of_id else ""
        return format_html("{}{}", badge(delivery.outcome), replayed)

    @admin.display(description="reason", ordering="reason")
    def reason_line(self, delivery: Delivery) -> SafeString:
        return brief(
            words(delivery.reason) if delivery.outcome == Outcome.REFUSED else delivery.reason, width=9
        )

    @admin.display(description="execution")
    def execution(self, delivery: Delivery) -> SafeString | str:
        if delivery.execution_id is None:
            return NOTHING
        return format_html('<a class="hz-link" href="{}">show</a>', page_of(delivery.execution_id))


def body_text(delivery: Delivery) -> str:
    """Return a body to read: JSON indented, other text as it came, and of anything else how long it is."""
    try:
        text = bytes(delivery.body).decode()
    except UnicodeDecodeError:
        return f"{len(delivery.body):,} bytes that are no text"
    if "json" in delivery.content_type:
        with suppress(ValueError, RecursionError):  # else it is shown as it came
            text = pretty(json.loads(text))
    text = text.encode(errors="replace").decode()  # JSON may spell half of a surrogate pair
    if len(text) <= MOST_SHOWN:
        return text
    return f"{text[:MOST_SHOWN]}\n… and {len(text) - MOST_SHOWN:,} characters"


def _context_of(delivery: Delivery) -> dict[str, Any]:
    replays = Delivery.objects.filter(webhook=delivery.webhook_id, replay_of_id=delivery.pk)
    return {
        "title": f"Delivery to {delivery.webhook}",
        "delivery": delivery,
        "body_text": body_text(delivery),
        "size": len(delivery.body),
        "replays": replays.defer("body", "headers", "detail")[:REPLAYS],
    }


def _page_of_taken(taken: Any) -> str:
    return reverse("admin:triggers_delivery_change", args=[taken.id])


def _told(taken: Any) -> SafeString:
    if taken.execution_id is None:
        return format_html("It starts nothing: it does not match at {}.", taken.reason)
    link = page_of(taken.execution_id)
    return format_html('It started <a class="hz-link" href="{}">an execution</a>.', link)
