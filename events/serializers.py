"""Events as JSON: as the log has them, and as CloudEvents that are sent to it."""

import re
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from events.models import Event
from events.reserved import reserved_prefix
from events.sending import MAX_NAME, MAX_TYPE
from organizations.strict import InstantField, StrictSerializer

EXTENSION = re.compile(r"[a-z0-9]+")  # how CloudEvents writes the names of attributes that it does not define


class EventSerializer(serializers.ModelSerializer[Event]):
    """One thing that happened."""

    class Meta:
        model = Event
        fields = ("id", "type", "source", "at", "workflow_id", "schedule_id", "execution_id", "data")
        read_only_fields = fields


class EventQuerySerializer(StrictSerializer):
    """Which part of the log to read."""

    after = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="Id of the last event that you have; 0 for the beginning.",
    )
    limit = serializers.IntegerField(default=50, min_value=1, max_value=200)


class EventPageSerializer(serializers.Serializer[object]):
    """A part of the log, in its order."""

    results = EventSerializer(many=True)
    has_more = serializers.BooleanField()


class CloudEventSerializer(StrictSerializer):
    """An event in the JSON format of CloudEvents 1.0.

    Attributes that are not listed, such as extensions, are passed over.
    """

    specversion = serializers.ChoiceField(["1.0"])
    id = serializers.CharField(max_length=MAX_NAME, help_text="Unique at its source.")
    source = serializers.CharField(max_length=MAX_NAME)  # type: ignore[assignment]
    type = serializers.CharField(max_length=MAX_TYPE)
    time = InstantField(required=False, help_text="When it happened.")
    data = serializers.JSONField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="256 kB at most."
    )

    def to_internal_value(self, data: Any) -> Any:
        """Return the event, without the attributes that nobody reads."""
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        if "data_base64" in data:
            raise ValidationError({"data_base64": ["only JSON is taken; send it as `data`"]})
        passed_over = {name for name in data if name not in self.fields and EXTENSION.fullmatch(name)}
        return super().to_internal_value({name: data[name] for name in data if name not in passed_over})

    def validate_type(self, value: str) -> str:
        """Refuse the types of what Horarium itself tells."""
        if prefix := reserved_prefix(value):
            raise ValidationError(f"types that begin with {prefix} are Horarium's own")
        return _printable(value)

    def validate_source(self, value: str) -> str:
        """Refuse what a person cannot read."""
        return _printable(value)

    def validate_id(self, value: str) -> str:
        """Refuse what a person cannot read."""
        return _printable(value)


class SentSerializer(serializers.Serializer[Any]):
    """The event's id in the log, and whether this request put it there."""

    id = serializers.IntegerField()
    result = serializers.ChoiceField(["created", "replayed"])


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValidationError("write printable characters")
    return value
