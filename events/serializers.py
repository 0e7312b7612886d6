"""Events as JSON: as the log has them, and what the description of the API says of those that are sent."""

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from events.models import TEXT, Event
from events.patterns import PATTERN_HELP, is_pattern
from organizations.strict import InstantField, StrictSerializer

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class EventSerializer(serializers.ModelSerializer[Event]):
    """One thing that happened. The data of one that was sent holds its `data`, `time` and other attributes."""

    class Meta:
        model = Event
        fields = (
            "id",
            "type",
            "source",
            "external_id",
            "subject",
            "at",
            "workflow_id",
            "schedule_id",
            "execution_id",
            "data",
        )
        read_only_fields = fields


class EventQuerySerializer(StrictSerializer):
    """Which part of the log to read; what is given must all apply."""

    after = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="Id of the last event that you have; 0 for the beginning.",
    )
    limit = serializers.IntegerField(default=50, min_value=1, max_value=200)
    type = serializers.CharField(
        required=False, max_length=TEXT, help_text="A type such as order.paid, or a prefix such as order.*"
    )
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, max_length=TEXT, help_text="Where it was sent from."
    )
    subject = serializers.CharField(required=False, max_length=TEXT, help_text="What it is about.")
    since = InstantField(required=False, help_text="Came then or later.")
    until = InstantField(required=False, help_text="Came before that.")

    def validate_type(self, value: str) -> str:
        """Refuse what is no type and no prefix."""
        if not is_pattern(value):
            raise serializers.ValidationError(PATTERN_HELP)
        return value

    def validate_source(self, value: str) -> str:
        """Refuse what no event has."""
        return _text(value)

    def validate_subject(self, value: str) -> str:
        """Refuse what no event has."""
        return _text(value)


class EventPageSerializer(serializers.Serializer[object]):
    """A part of the log, in its order."""

    results = EventSerializer(many=True)
    has_more = serializers.BooleanField()


class CloudEventSerializer(serializers.Serializer[Any]):
    """An event in the JSON format of CloudEvents 1.0. Any other attribute is an extension."""

    specversion = serializers.ChoiceField(["1.0"])
    id = serializers.CharField(max_length=TEXT, help_text="Unique at its source.")
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=TEXT, help_text="A URI reference: where it happened."
    )
    type = serializers.CharField(max_length=TEXT)
    subject = serializers.CharField(required=False, max_length=TEXT, help_text="What it is about.")
    time = serializers.DateTimeField(required=False, help_text="When it happened.")
    datacontenttype = serializers.CharField(required=False, help_text="application/json unless given.")
    dataschema = serializers.URLField(required=False)
    data = extend_schema_field({})(serializers.JSONField)(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="256 kB at most."
    )
    data_base64 = serializers.CharField(required=False, help_text="In place of data: bytes.")


class SentSerializer(serializers.Serializer[Any]):
    """The event's id in the log, and whether this request put it there."""

    id = serializers.IntegerField()
    result = serializers.ChoiceField(["created", "replayed"])


class SentBatchSerializer(serializers.Serializer[Any]):
    """The same for each event of a batch, in its order."""

    results = SentSerializer(many=True)


def _text(value: str) -> str:
    if _CONTROL.search(value):
        raise serializers.ValidationError("write text without control characters")
    return value
