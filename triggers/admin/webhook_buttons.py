"""What people may do to a webhook from its page, and the one time that a secret is shown."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from organizations.buttons import Button
from triggers import webhooks
from triggers.admin.webhook_form import EndSecretForm
from triggers.models import Webhook

SHOW_ONCE = "Copy the secret now; it is sealed and cannot be shown again:"
COPY = mark_safe(
    ' <button type="button" class="hz-link" x-data '
    'x-on:click="navigator.clipboard &amp;&amp; navigator.clipboard.writeText($el.previousElementSibling.textContent)">'
    "copy</button>"
)


def _end_secret(webhook: Webhook, *, by: str, now: datetime, secret_id: UUID) -> None:
    webhooks.expire_secret(webhook, secret_id, by=by, now=now)


BUTTONS = {
    "pause": Button(
        title="Pause",
        ask="It refuses deliveries until it is resumed; most senders deliver them again later.",
        icon="pause",
        may="pause",
        service=webhooks.pause,
        done="Paused",
    ),
    "resume": Button(
        title="Resume",
        ask="It takes deliveries again.",
        icon="resume",
        may="resume",
        service=webhooks.resume,
        done="Resumed",
        variant="primary",
    ),
    "end_secret": Button(
        title="End a secret",
        ask="Whoever sends with it is refused from now on. This cannot be undone.",
        icon="key_off",
        may="edit",
        service=_end_secret,
        done="The secret has ended",
        form=EndSecretForm,
        blame="secret_id",
        variant="danger",
    ),
    "remove": Button(
        title="Delete",
        ask="Its address is gone for good, with its secrets and deliveries; its executions stay.",
        icon="delete",
        may="edit",
        service=webhooks.delete,
        done="Webhook deleted",
        then=lambda _: reverse("admin:triggers_webhook_changelist"),
        variant="danger",
    ),
}


def show_once(request: HttpRequest, secret: str, *, address: str = "") -> None:
    """Show a secret, and the address of a new webhook, on the next page and never again."""
    lines = [("Address:", address)] if address else []
    shown = format_html_join(
        mark_safe("<br>"),
        '{} <code class="hz-key">{}</code>{}',
        ((*one, COPY) for one in [*lines, (SHOW_ONCE, secret)]),
    )
    messages.warning(request, shown)
