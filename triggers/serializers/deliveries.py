"""Deliveries as JSON."""

import base64
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from triggers.models import Delivery, Outcome
from triggers.webhooks.errors import InvalidDelivery, MalformedDelivery
from triggers.webhooks.reading import read


class DeliverySummarySerializer(serializers.ModelSerializer[Delivery]):
    """What a webhook was told, without the body; `reason` is where a condition failed, or why it was refused."""

    webhook = serializers.CharField(source="webhook.name")
    webhook_id = serializers.UUIDField()
    outcome = serializers.CharField(help_text=f"One of {', '.join(Outcome)}.")
    size = serializers.IntegerField(help_text="Bytes of the body.")

    class Meta:
        model = Delivery
        fields = (
            "id",
            "webhook",
            "webhook_id",
            "delivery_id",
            "received_at",
            "remote_address",
            "content_type",
            "size",
            "outcome",
            "reason",
            "detail",
            "execution_id",
            "replay_of_id",
            "replayed_by",
        )
        read_only_fields = fields


class DeliverySerializer(DeliverySummarySerializer):
    """All that was kept: headers that may be secrets are masked; a body that is no UTF-8 is given as base64."""

    headers = serializers.DictField(child=serializers.CharField())
    body = serializers.SerializerMethodField()
    body_encoding = serializers.SerializerMethodField(help_text="`text` or `base64`.")
    parsed = serializers.SerializerMethodField(help_text="The body as filters and mappings see it.")

    class Meta(DeliverySummarySerializer.Meta):
        fields = (*DeliverySummarySerializer.Meta.fields, "headers", "body", "body_encoding", "parsed")  # type: ignore[assignment]

    def get_body(self, delivery: Delivery) -> str:
        """Return the body as it came."""
        body = bytes(delivery.body)
        return body.decode() if _is_text(body) else base64.b64encode(body).decode()

    def get_body_encoding(self, delivery: Delivery) -> str:
        """Return how the body is given."""
        return "text" if _is_text(bytes(delivery.body)) else "base64"

    @extend_schema_field({})
    def get_parsed(self, delivery: Delivery) -> Any:
        """Return what the body says, or null where it cannot be read any more."""
        try:
            return read(bytes(delivery.body), content_type=delivery.content_type)
        except (InvalidDelivery, MalformedDelivery):
            return None


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


class ReplayedSerializer(serializers.Serializer[Any]):
    """What became of a delivery: `execution_id` and `result` where it was wanted, else `failed_at`."""

    matched = serializers.BooleanField()
    delivery = serializers.UUIDField()
    result = serializers.ChoiceField(["created", "replayed"], required=False)
    execution_id = serializers.UUIDField(required=False)
    failed_at = serializers.CharField(required=False)
