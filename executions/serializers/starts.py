"""How a workflow is started, and the answer to it."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE
from organizations.strict import ObjectField, StrictSerializer

PRIORITY_HELP = "0 to 9; 9 runs first."
KEY_HELP = "Names the cause: the same key never starts two executions. Also as header Idempotency-Key."


class StartSerializer(StrictSerializer):
    """How to start a workflow once."""

    input = ObjectField(default=dict, help_text="Fits the workflow's inputs.")
    priority = serializers.IntegerField(
        default=DEFAULT_PRIORITY, min_value=0, max_value=9, help_text=PRIORITY_HELP
    )
    queue = serializers.CharField(default=DEFAULT_QUEUE, max_length=63)
    idempotency_key = serializers.CharField(
        required=False, max_length=200, trim_whitespace=False, help_text=KEY_HELP
    )

    def to_internal_value(self, data: Any) -> Any:
        """Return the values, with the key from the header where that has one."""
        header = self.context["request"].headers.get("Idempotency-Key")
        if header is None or not isinstance(data, Mapping):
            return super().to_internal_value(data)
        if data.get("idempotency_key", header) != header:
            raise ValidationError({"idempotency_key": ["differs from the header; send one of them"]})
        return super().to_internal_value({**data, "idempotency_key": header})

    def validate_idempotency_key(self, value: str) -> str:
        """Refuse what the database cannot hold or a person cannot read."""
        if not value.isprintable():
            raise ValidationError("write printable characters")
        return value


class StartedSerializer(serializers.Serializer[Any]):
    """The execution that the cause has, and whether this request created it."""

    id = serializers.UUIDField()
    result = serializers.ChoiceField(["created", "replayed"])
