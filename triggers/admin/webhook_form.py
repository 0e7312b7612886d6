"""The form of a webhook, and what is asked about its secrets."""

from dataclasses import fields
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

import clock
from organizations.display import moment
from organizations.scoped_admin import as_uuid
from organizations.service_form import ServiceForm
from organizations.theme import Code, DialogForm, Hidden, Line, paragraph
from schedules.admin.fields import Span
from schedules.admin.rule_fields import Lines
from triggers import webhooks
from triggers.admin.fields import Template, Yaml
from triggers.admin.trigger_layout import INPUT_HELP
from triggers.admin.webhook_layout import HELP, LABELS, OPTIONS
from triggers.errors import InvalidTrigger, TriggerError
from triggers.models import WEBHOOK_SETTINGS, Webhook, WebhookSecret
from triggers.models.webhook import json_only
from triggers.signature import scheme_of

SCHEMES = (
    ("standard", "Standard Webhooks"),
    ("github", "GitHub"),
    ("stripe", "Stripe"),
    ("slack", "Slack"),
    ("hmac", "HMAC-SHA256"),
    ("bearer", "Bearer token"),
)
OVERLAP = timedelta(days=1)  # of secrets, offered for a rotation
FROM_SENDER = "As the sender shows it, where that makes it, as Stripe and Slack do. Empty: one is made here."


class WebhookForm(ServiceForm):
    """A webhook. `shown_secret` holds its secret after a new one is written, the only time that it can be read."""

    shown_secret: str = ""

    invalid = (InvalidTrigger,)
    refusals = (TriggerError,)

    scheme = forms.ChoiceField(
        choices=SCHEMES, label=LABELS["scheme"], initial="standard", widget=UnfoldAdminSelectWidget
    )
    header = Line(
        required=False,
        help_text="Which holds the signature, or the token. Empty: <code>X-Signature</code>, or "
        "<code>Authorization</code> with <code>Bearer</code> before the token.",
    )
    encoding = forms.ChoiceField(
        choices=[("", "hexadecimal or base64"), ("hex", "hexadecimal"), ("base64", "base64")],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    before = Line(
        required=False, label="Prefix", help_text="Before the signature, such as <code>sha256=</code>."
    )
    id_header = Line(required=False, label="Header of the id", help_text="Such as <code>X-Request-Id</code>.")
    timestamp_header = Line(
        required=False,
        label="Header of the time",
        help_text="Which holds unix seconds, signed as <code>time.body</code>. Empty: no time is signed, so an old "
        "request can be sent again.",
    )
    secret = Hidden(required=False, label="Secret", help_text=FROM_SENDER)
    content_types = Lines(
        required=False,
        rows=3,
        label="Content types",
        help_text="One to a line; <code>*/*</code> is any. Empty: <code>application/json</code>.",
    )
    allowed_networks = Lines(
        required=False,
        rows=3,
        label="Only from",
        help_text="Addresses and networks, one to a line: <code>192.0.2.0/24</code>. Empty: from anywhere.",
    )
    filters = Yaml(
        required=False,
        rows=4,
        help_text="YAML: from paths to what must be there: <code>data.action: opened</code>. All must hold.",
    )
    condition = Code(required=False, rows=2, help_text=HELP["condition"])
    input = Template(required=False, rows=6, label="Input", help_text=f"{INPUT_HELP}Empty: the body.")
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Webhook
        fields: ClassVar = (
            "organization",
            "workflow",
            "name",
            "description",
            "tolerance_seconds",
            "id_path",
            "max_body_bytes",
            "rate_limit",
            "priority",
            "queue",
        )
        widgets: ClassVar = {"description": paragraph()}
        labels: ClassVar = LABELS
        help_texts: ClassVar = HELP

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        webhook = self.instance
        for name in ("scheme", "content_types", "allowed_networks", "filters", "condition", "input"):
            self.initial.setdefault(name, getattr(webhook, name))
        self.initial.update({field: webhook.options.get(name) for field, name in OPTIONS.items()})
        self.initial["based_on"] = None if self.is_new else webhook.version

    def settings(self) -> dict[str, Any]:
        """Return what the form says, as the services take it; options are those of the scheme."""
        data = self.cleaned_data
        known = {one.name for one in fields(scheme_of(data["scheme"]).rules)}  # type: ignore[arg-type]
        options = {name: data[field] for field, name in OPTIONS.items() if name in known and data[field]}
        wanted = {name: data[name] for name in WEBHOOK_SETTINGS if name in data}
        return {**wanted, "options": options, "content_types": data["content_types"] or json_only()}

    def write(self) -> Webhook:
        """Create the webhook, or change it unless somebody else has meanwhile."""
        data, now, settings = self.cleaned_data, clock.now(), self.settings()
        if not self.is_new:
            return webhooks.change(self.instance, now=now, by=self.by, based_on=data["based_on"], **settings)
        webhook, self.shown_secret = webhooks.create(
            data["organization"], now=now, by=self.by, secret=data["secret"] or None, **settings
        )
        return webhook

    def field_of(self, path: str) -> str | None:
        """Return the field that shows a problem; an option has one of its own."""
        option = path.removeprefix("options.")
        return super().field_of(next((field for field, name in OPTIONS.items() if name == option), option))


class AddSecretForm(DialogForm):
    """Another secret, and how long those before it live on."""

    value = Hidden(required=False, label="Secret", help_text=FROM_SENDER)
    expire_others_in = Span(
        required=False,
        label="Older ones end in",
        initial=OVERLAP,
        help_text="<code>1d</code>; <code>0s</code> at once. Empty: they live until they are ended.",
    )

    def clean_value(self) -> str | None:
        """Return the secret; None for one that is made here."""
        return self.cleaned_data["value"] or None


class EndSecretForm(DialogForm):
    """Which secret is to end."""

    secret_id = forms.TypedChoiceField(coerce=UUID, label="Secret", widget=UnfoldAdminSelectWidget)

    def __init__(self, request: HttpRequest, object_id: str | None = None, **options: Any) -> None:
        super().__init__(request, object_id, **options)  # type: ignore[arg-type]
        wanted = as_uuid(object_id or "")
        live = WebhookSecret.objects.filter(webhook=wanted).live().order_by("-created_at") if wanted else ()
        self.fields["secret_id"].choices = [(one.pk, named(one)) for one in live]  # type: ignore[attr-defined]
        self.fields["secret_id"].initial = request.GET.get("secret")


def named(secret: WebhookSecret) -> str:
    """Return by what people tell a secret from others, none of which is the secret."""
    ending = f"…{secret.hint}, " if secret.hint else ""
    by = f" by {secret.created_by}" if secret.created_by else ""
    return f"{ending}of {moment(secret.created_at)}{by}"
