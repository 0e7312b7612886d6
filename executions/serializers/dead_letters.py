"""Dead letters as JSON, and what is done about them."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from executions.dead_letters import MOST_AT_ONCE
from executions.models import DeadLetter
from organizations.strict import InstantField, ObjectField, StrictSerializer

FROM_HELP = (
    "`start`: from the beginning, with the current version. `failed`: from the failed step, with its own version "
    "and the results of the steps that have finished."
)


class FromSerializer(StrictSerializer):
    """From where an execution is started again; the name of the field is a keyword."""

    def get_fields(self) -> dict[str, Any]:
        """Add the field."""
        start = serializers.ChoiceField(["start", "failed"], default="start", help_text=FROM_HELP)
        return {"from": start, **super().get_fields()}


class RedriveSerializer(FromSerializer):
    """How to start an execution again."""

    input = ObjectField(required=False, help_text="In place of the old input; results that are kept stay.")


class DiscardSerializer(StrictSerializer):
    """Why a dead letter is closed."""

    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class LetterFilterSerializer(StrictSerializer):
    """Which open dead letters are meant: those that have all of this."""

    workflow = serializers.CharField(required=False, max_length=100, help_text="Id or name.")
    schedule = serializers.CharField(required=False, max_length=200, help_text="Id or name.")
    cause = serializers.ChoiceField(DeadLetter.Cause.choices, required=False)
    reason_contains = serializers.CharField(
        required=False, max_length=500, help_text="A part of the reason, in capitals or not."
    )
    created_after = InstantField(required=False, help_text="Inclusive.")
    created_before = InstantField(required=False, help_text="Exclusive.")
    ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_empty=False, max_length=MOST_AT_ONCE
    )
    all = serializers.BooleanField(
        required=False, help_text="True for every open one, without other conditions."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the conditions; none at all would be a slip that nobody can take back."""
        is_all = attrs.pop("all", False)
        if bool(attrs) is is_all:
            raise ValidationError("write at least one condition, or `all` as true and nothing else")
        return attrs


class ManySerializer(StrictSerializer):
    """Which dead letters, and how many at once."""

    filter = LetterFilterSerializer()
    limit = serializers.IntegerField(default=100, min_value=1, max_value=MOST_AT_ONCE)
    after = serializers.UUIDField(required=False, help_text="`next` of the last answer.")
    dry_run = serializers.BooleanField(default=False, help_text="Say only how many are meant.")


class RedriveManySerializer(FromSerializer, ManySerializer):
    """Which dead letters to redrive, and from where."""


class DiscardManySerializer(ManySerializer):
    """Which dead letters to discard, and why."""

    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class RefusalSerializer(serializers.Serializer[Any]):
    """A dead letter that stayed open, and why."""

    id = serializers.UUIDField()
    error = serializers.CharField()


class BulkSerializer(serializers.Serializer[Any]):
    """What came of it; ask again with `next` as `after` while there is one."""

    matched = serializers.IntegerField(help_text="Open ones that were meant.")
    failed = RefusalSerializer(many=True)
    remaining = serializers.IntegerField(help_text="Those of them that were not looked at.")
    next = serializers.UUIDField(allow_null=True)


class RedrivenSerializer(BulkSerializer):
    """What came of redriving many."""

    redriven = serializers.IntegerField(source="done")


class DiscardedSerializer(BulkSerializer):
    """What came of discarding many."""

    discarded = serializers.IntegerField(source="done")


class DeadLetterSerializer(serializers.ModelSerializer[DeadLetter]):
    """A failed execution put aside for a person."""

    execution = serializers.UUIDField(source="execution_id")
    workflow = serializers.UUIDField(source="execution.workflow_id")
    workflow_name = serializers.CharField(source="execution.workflow.name")
    redriven_as = serializers.UUIDField(source="redriven_as_id", allow_null=True)

    class Meta:
        model = DeadLetter
        fields = (
            "id",
            "execution",
            "workflow",
            "workflow_name",
            "cause",
            "reason",
            "resolution",
            "note",
            "resolved_by",
            "resolved_at",
            "redriven_as",
            "created_at",
        )
        read_only_fields = fields
