"""Samples and what would come of them, as JSON."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from organizations.strict import ObjectField, StrictSerializer
from triggers.models import Trigger
from triggers.trying import Trial


class SampleSerializer(StrictSerializer):
    """Exactly one of a sample, an event of the log and a delivery."""

    event = ObjectField(
        required=False,
        help_text="A CloudEvent; `id`, `source` and `specversion` may be left out. With the source horarium: "
        "what Horarium itself would tell, as triggers see it.",
    )
    event_id = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="Id of an event in the log."
    )
    delivery = serializers.UUIDField(required=False, help_text="Id of a delivery to a webhook.")
    trigger = serializers.CharField(
        required=False, max_length=100, help_text="Hold it against this trigger alone; its id or name."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse none and several."""
        if sum(name in attrs for name in ("event", "event_id", "delivery")) != 1:
            raise ValidationError({"event": ["give exactly one of `event`, `event_id` and `delivery`"]})
        if "delivery" in attrs and "trigger" in attrs:
            raise ValidationError({"trigger": ["a delivery is its webhook's alone; leave this out"]})
        return attrs


class TrialSerializer(serializers.Serializer[Trial]):
    """What one trigger or webhook would make of the sample."""

    kind = serializers.SerializerMethodField()
    id = serializers.UUIDField(source="owner.pk")
    name = serializers.CharField(source="owner.name")
    state = serializers.CharField(source="owner.state")
    workflow = serializers.CharField(source="owner.workflow.name")
    matches = serializers.BooleanField()
    failed_at = serializers.CharField(
        help_text="The condition that does not hold, such as filters.data.kind."
    )
    detail = serializers.CharField(help_text="What stands there instead.")
    outcome = serializers.ChoiceField(["start", "gather", "nothing"])
    input = serializers.JSONField(allow_null=True, help_text="What the workflow would be given.")
    problem = serializers.CharField(help_text="Why it would start nothing although it matches.")

    def get_kind(self, trial: Trial) -> str:
        """Return what it is."""
        return "trigger" if isinstance(trial.owner, Trigger) else "webhook"


class TriedSerializer(serializers.Serializer[Any]):
    """The sample as it is seen, what came of it, and how many triggers were not looked at."""

    event = serializers.DictField()
    results = TrialSerializer(many=True, source="trials")
    others = serializers.IntegerField()
