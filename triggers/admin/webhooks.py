"""Webhooks: to write, to pause, to rotate the secrets of and to look into."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

import clock
from organizations.display import NOTHING, ago, badge
from organizations.roles import Role
from organizations.service_form import ServiceFormAdmin
from organizations.theme import button
from triggers import webhooks
from triggers.admin import panel, webhook_layout, words
from triggers.admin.sending import how_to_send
from triggers.admin.triggers import StandingAdmin, brief, written
from triggers.admin.webhook_buttons import BUTTONS, show_once
from triggers.admin.webhook_form import SCHEMES, AddSecretForm, WebhookForm
from triggers.errors import TriggerError
from triggers.models import Delivery, Tally, Webhook, WebhookSecret
from workflows.errors import Invalid


@admin.register(Webhook)
class WebhookAdmin(StandingAdmin, ServiceFormAdmin):
    """Webhooks, with what came to them."""

    role_to_add = Role.EDITOR
    role_to_change = Role.EDITOR
    refusals = (TriggerError, Invalid)
    tabs_by = "state"

    form = WebhookForm
    list_display = (
        "name",
        "organization",
        "workflow",
        "scheme_name",
        "state_badge",
        "last_delivery",
        "started",
        "rejected",
        "last_problem",
    )
    list_filter = (
        ("workflow", AutocompleteSelectFilter),
        ("scheme", ChoicesDropdownFilter),
        ("organization", AutocompleteSelectFilter),
    )
    list_select_related = ("workflow", "organization")
    list_defer = ("input",)
    search_fields = ("name", "description", "workflow__name")
    search_help_text = "Name or description of a webhook, or name of a workflow"
    autocomplete_fields = ("workflow",)
    buttons = BUTTONS
    actions_detail = (
        "pause",
        "resume",
        "add_secret",
        {"title": "More", "items": ["end_secret", "remove"]},
    )
    actions = ("pause_selected", "resume_selected")
    change_form_outer_before_template = "triggers/webhook_panel.html"
    conditional_fields = webhook_layout.CONDITIONS
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        """Read the workflow and the newest delivery along."""
        newest = Delivery.objects.filter(webhook=OuterRef("pk")).order_by("-received_at", "-id")
        rows: QuerySet[Webhook] = super().get_queryset(request).select_related("workflow", "organization")
        return rows.annotate(delivered_at=Subquery(newest.values("received_at")[:1]))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the organization."""
        del request
        shown = ("scheme_name", "options_text", "filters_text", "input_text", "types_text", "networks_text")
        return ("organization", *shown) if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for a secret once; show plain columns to whoever may not change them."""
        if obj is None:
            return webhook_layout.ADD
        may_write = self.has_change_permission(request, obj)
        return webhook_layout.CHANGE if may_write else webhook_layout.READ_ONLY

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read the counters of the rows of the list, for all of them at once."""
        changelist = super().get_changelist_instance(request)
        tallies = Tally.objects.in_bulk([webhook.pk for webhook in changelist.result_list])
        for webhook in changelist.result_list:
            webhook.tally = tallies.get(webhook.pk, Tally())
        return changelist

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Keep the secret of a new webhook until the answer is written."""
        super().save_model(request, obj, form, change)
        vars(request)["_shown_secret"] = form.shown_secret

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret, now or never, and how to send."""
        show_once(request, vars(request).pop("_shown_secret", ""), address=_address(request, obj))
        return super().response_add(request, obj, post_url_continue or self.page_of(obj))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form below what came to the webhook, and how to send to it."""
        webhook = self.get_object(request, object_id)
        context = self._context_of(request, webhook) if webhook else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def _context_of(self, request: HttpRequest, webhook: Webhook) -> dict[str, Any]:
        address = _address(request, webhook)
        return {
            "webhook": webhook,
            "address": address,
            "how_to": how_to_send(webhook, address=address),
            "wanted": words.wanted_deliveries(webhook),
            "tally": Tally.objects.filter(pk=webhook.pk).first() or Tally(),
            "deliveries": panel.deliveries_to(webhook),
            "secrets": WebhookSecret.objects.filter(webhook=webhook).live().defer("sealed"),
            "may_end_secrets": self.has_edit_permission(request, webhook),
        }

    @button(
        "Add secret",
        ask="Another secret that proves who sends; while several live, each of them does.",
        icon="key",
        permissions=("edit",),
        form=AddSecretForm,
    )
    def add_secret(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        by, given = request.user.get_username(), form.cleaned_data

        def add(webhook: Webhook) -> None:
            _, secret = webhooks.add_secret(
                webhook,
                by=by,
                now=clock.now(),
                value=given["value"],
                expire_others_in=given["expire_others_in"],
            )
            show_once(request, secret)

        return self.act(request, object_id, add, done="Secret added", form=form, blame="value")

    @admin.action(description="Pause", permissions=["operate"])
    def pause_selected(self, request: HttpRequest, rows: QuerySet[Webhook]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(request, rows, lambda row: webhooks.pause(row, by=by, now=now), done="Paused")

    @admin.action(description="Resume", permissions=["operate"])
    def resume_selected(self, request: HttpRequest, rows: QuerySet[Webhook]) -> None:
        by, now = request.user.get_username(), clock.now()
        self.act_on_each(request, rows, lambda row: webhooks.resume(row, by=by, now=now), done="Resumed")

    @admin.display(description="state", ordering="state")
    def state_badge(self, webhook: Webhook) -> SafeString:
        return badge(webhook.state)

    @admin.display(description="scheme", ordering="scheme")
    def scheme_name(self, webhook: Webhook) -> str:
        return dict(SCHEMES).get(webhook.scheme, webhook.scheme)

    @admin.display(description="last delivery", ordering="delivered_at")
    def last_delivery(self, webhook: Webhook) -> SafeString | str:
        return ago(webhook.delivered_at)  # type: ignore[attr-defined]

    @admin.display(description="started")
    def started(self, webhook: Webhook) -> int:
        return _tally(webhook).started

    @admin.display(description="rejected")
    def rejected(self, webhook: Webhook) -> int:
        return _tally(webhook).rejected

    @admin.display(description="last problem")
    def last_problem(self, webhook: Webhook) -> SafeString:
        return brief(_tally(webhook).last_problem, width=7)

    @admin.display(description="options")
    def options_text(self, webhook: Webhook) -> SafeString | str:
        return written(webhook.options) if webhook.options else NOTHING

    @admin.display(description="filters")
    def filters_text(self, webhook: Webhook) -> SafeString | str:
        return written(webhook.filters) if webhook.filters else NOTHING

    @admin.display(description="input")
    def input_text(self, webhook: Webhook) -> SafeString | str:
        return "the body" if webhook.input is None else written(webhook.input)

    @admin.display(description="content types")
    def types_text(self, webhook: Webhook) -> str:
        return ", ".join(webhook.content_types)

    @admin.display(description="only from")
    def networks_text(self, webhook: Webhook) -> str:
        return ", ".join(webhook.allowed_networks) or "anywhere"


def _address(request: HttpRequest, webhook: Webhook) -> str:
    return request.build_absolute_uri(reverse("hook", args=[webhook.token]))


def _tally(webhook: Webhook) -> Tally:
    tally: Tally = webhook.tally  # type: ignore[attr-defined]
    return tally
