"""Events as JSON."""

from rest_framework import serializers

from events.models import Event
from organizations.strict import StrictSerializer


class EventSerializer(serializers.ModelSerializer[Event]):
    """One thing that happened."""

    class Meta:
        model = Event
        fields = ("id", "type", "at", "workflow_id", "schedule_id", "execution_id", "data")
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
