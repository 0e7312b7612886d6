"""Webhooks and their secrets as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from events.models import TEXT
from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE
from executions.serializers import PRIORITY_HELP
from organizations.strict import ObjectField, StrictSerializer
from schedules.serializers import DurationField
from schedules.serializers.schedules import WorkflowField
from triggers.models import Tally, Webhook, WebhookSecret
from triggers.models.webhook import MAX_BODY, json_only
from triggers.serializers.triggers import WITH_WARNINGS, CountersSerializer, MappingField
from triggers.signature import Scheme
from triggers.webhooks.secrets import LONGEST
from triggers.webhooks.validation import MAX_RATE, MAX_TOLERANCE

CONDITION_HELP = "An expression over `event`, the delivery."
SECRET_HELP = "As the sender's console shows it; left out, one is made. Never shown again."  # noqa: S105 - a text


class WebhookCountersSerializer(CountersSerializer):
    """What a webhook has done since it was made; `rejected` are requests that proved nothing."""

    class Meta(CountersSerializer.Meta):
        fields = (*CountersSerializer.Meta.fields, "rejected")  # type: ignore[assignment]


class WebhookSecretSerializer(serializers.ModelSerializer[WebhookSecret]):
    """A live secret, without its value; `hint` is how that ends, where this tells little."""

    class Meta:
        model = WebhookSecret
        fields = ("id", "hint", "created_by", "created_at", "expires_at")
        read_only_fields = fields


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """A webhook; `version` grows with every change of its settings and is its ETag."""

    workflow = serializers.CharField(source="workflow.name")
    url = serializers.SerializerMethodField()
    options = serializers.DictField()
    content_types = serializers.ListField(child=serializers.CharField())
    allowed_networks = serializers.ListField(child=serializers.CharField())
    filters = serializers.DictField()
    input = MappingField()
    secrets = serializers.SerializerMethodField()
    counters = serializers.SerializerMethodField()

    class Meta:
        model = Webhook
        fields = (
            "id",
            "name",
            "description",
            "workflow",
            "state",
            "url",
            "scheme",
            "options",
            "tolerance_seconds",
            "id_path",
            "max_body_bytes",
            "content_types",
            "allowed_networks",
            "filters",
            "condition",
            "input",
            "rate_limit",
            "priority",
            "queue",
            "secrets",
            "counters",
            "version",
            "created_by",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_url(self, webhook: Webhook) -> str:
        """Return where its sender delivers."""
        path = reverse("hook", args=[webhook.token])
        return str(self.context["request"].build_absolute_uri(path))

    @extend_schema_field(WebhookSecretSerializer(many=True))
    def get_secrets(self, webhook: Webhook) -> Any:
        """Return the live secrets, the newest first."""
        return WebhookSecretSerializer(self.context["secrets"].get(webhook.pk, ()), many=True).data

    @extend_schema_field(WebhookCountersSerializer)
    def get_counters(self, webhook: Webhook) -> dict[str, Any]:
        """Return the counters."""
        tally = self.context["tallies"].get(webhook.pk) or Tally(owner_id=webhook.pk)
        return dict(WebhookCountersSerializer(tally).data)


def beside(webhooks: Sequence[Webhook]) -> Mapping[str, Any]:
    """Return what is shown of webhooks and stands in other tables, read for all of them at once."""
    secrets: dict[UUID, list[WebhookSecret]] = {}
    for secret in WebhookSecret.objects.filter(webhook__in=webhooks).live().defer("sealed"):
        secrets.setdefault(secret.webhook_id, []).append(secret)
    return {"secrets": secrets, "tallies": Tally.objects.in_bulk([webhook.pk for webhook in webhooks])}


class WebhookSettingsSerializer(StrictSerializer):
    """What can be written of a webhook; PUT gives fields that are left out their defaults."""

    shown = WebhookSerializer
    answered = frozenset({"warnings"})

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    workflow = WorkflowField(help_text="Which is started.")
    scheme = serializers.CharField(
        max_length=100, default=Scheme.STANDARD.value, help_text=f"One of {', '.join(Scheme)}."
    )
    options = ObjectField(default=dict, help_text="Of the scheme, such as its `header`.")
    tolerance_seconds = serializers.IntegerField(default=300, min_value=1, max_value=MAX_TOLERANCE)
    id_path = serializers.CharField(
        max_length=TEXT, allow_blank=True, default="", help_text="Where in the body a delivery has its id."
    )
    max_body_bytes = serializers.IntegerField(default=262_144, min_value=1, max_value=MAX_BODY)
    content_types = serializers.ListField(child=serializers.CharField(), default=json_only)
    allowed_networks = serializers.ListField(
        child=serializers.CharField(), default=list, help_text="Who may send; all unless given."
    )
    filters = ObjectField(default=dict, help_text="From paths such as `data.kind` to what must be there.")
    condition = serializers.CharField(allow_blank=True, default="", help_text=CONDITION_HELP)
    input = MappingField(allow_null=True, default=None, help_text="Null is the body.")
    rate_limit = serializers.IntegerField(
        default=600, min_value=0, max_value=MAX_RATE, help_text="Deliveries in each minute; 0 sets no bound."
    )
    priority = serializers.IntegerField(
        default=DEFAULT_PRIORITY, min_value=0, max_value=9, help_text=PRIORITY_HELP
    )
    queue = serializers.CharField(max_length=63, default=DEFAULT_QUEUE)
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="The version that a change is based on; like If-Match."
    )


class NewWebhookSerializer(WebhookSettingsSerializer):
    """What a new webhook is given."""

    secret = serializers.CharField(
        required=False, allow_null=True, default=None, max_length=LONGEST, help_text=SECRET_HELP
    )


class NewWebhookSecretSerializer(StrictSerializer):
    """What a further secret is given."""

    shown: ClassVar[type[serializers.Serializer[Any]] | None] = WebhookSecretSerializer

    secret = serializers.CharField(
        required=False, allow_null=True, default=None, max_length=LONGEST, help_text=SECRET_HELP
    )
    expire_others_in = DurationField(
        required=False,
        allow_null=True,
        default=None,
        help_text="How long the others live on, such as 24h; left out, until they are deleted.",
    )


class IssuedWebhookSecretSerializer(WebhookSecretSerializer):
    """A new secret, this once with its value."""

    secret = serializers.CharField()

    class Meta(WebhookSecretSerializer.Meta):
        fields = (*WebhookSecretSerializer.Meta.fields, "secret")  # type: ignore[assignment]


class WebhookSecretListSerializer(serializers.Serializer[Any]):
    """The live secrets of a webhook."""

    results = WebhookSecretSerializer(many=True)


# As text: another component with all settings would make the names of their enumerations collide.
SAVED_WEBHOOK = {
    "description": "The webhook, and what may surprise in it.",
    "allOf": [{"$ref": "#/components/schemas/Webhook"}, WITH_WARNINGS],
}
CREATED_WEBHOOK = {
    "description": "The webhook, what may surprise in it, and this once its secret.",
    "allOf": [
        *SAVED_WEBHOOK["allOf"],
        {"type": "object", "required": ["secret"], "properties": {"secret": {"type": "string"}}},
    ],
}
