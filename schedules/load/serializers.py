"""Planned load, collisions, duplicates and moves as JSON."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from organizations.strict import StrictSerializer
from organizations.viewsets import as_id
from schedules.load.collisions import MOST_MINUTES
from schedules.load.duplicates import Same
from schedules.load.forecast import DAYS, MOST_DAYS
from schedules.load.moves import Move, MoveKind
from schedules.load.planning import DAY, HOUR, WEEKDAYS
from schedules.load.suggestions import MOST
from schedules.models import Schedule
from schedules.serializers import DurationField
from schedules.serializers.schedules import RulesField
from schedules.spread import LONGEST, SHORTEST, SpreadKind

RESOLUTIONS = {"minute": 1, "hour": HOUR, "day": DAY}  # minutes
DAYS_HELP = "How many days from the next full minute on."


class ForecastQuerySerializer(StrictSerializer):
    """How far to look."""

    days = serializers.IntegerField(default=DAYS, min_value=1, max_value=MOST_DAYS, help_text=DAYS_HELP)


class LoadQuerySerializer(ForecastQuerySerializer):
    """How far to look, and how closely."""

    resolution = serializers.ChoiceField(list(RESOLUTIONS), default="hour", help_text="UTC.")
    durations = serializers.ChoiceField(
        ["mean", "p95"], default="mean", help_text="What an execution is expected to take."
    )


class CollisionQuerySerializer(ForecastQuerySerializer):
    """How far to look, and how many minutes to list."""

    limit = serializers.IntegerField(default=20, min_value=1, max_value=MOST_MINUTES)


class SuggestionQuerySerializer(ForecastQuerySerializer):
    """How far to look, and how many moves to suggest."""

    limit = serializers.IntegerField(default=20, min_value=1, max_value=MOST)


class BucketSerializer(serializers.Serializer[Any]):
    """A minute, hour or day of the load."""

    at = serializers.DateTimeField()
    starts = serializers.IntegerField(help_text="Executions that start in it.")
    busy = serializers.IntegerField(help_text="The most executions that run at once.")


class PeakSerializer(serializers.Serializer[Any]):
    """The first minute of the highest value."""

    at = serializers.DateTimeField()
    value = serializers.IntegerField()


class CoverageSerializer(serializers.Serializer[Any]):
    """How many of the active schedules the numbers hold, and how well."""

    exact = serializers.IntegerField()
    sampled = serializers.IntegerField(
        help_text="Fire too often for it: the day after their first fire stands for every day."
    )
    left_out = serializers.IntegerField(
        help_text="Not counted: too many times altogether, or unreadable rules."
    )
    assumed_durations = serializers.IntegerField(help_text="Nothing measured yet; counted with 1 s.")


@extend_schema_serializer(many=False)
class LoadSerializer(serializers.Serializer[Any]):
    """The planned load; what overlap policies and limits will stop is in it."""

    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    total_starts = serializers.IntegerField()
    peak_starts = PeakSerializer(help_text="Of the starts in one minute.")
    peak_busy = PeakSerializer(help_text="Of the executions that run at once.")
    schedules = CoverageSerializer()
    by_weekday = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Starts by UTC weekday, Monday first, and hour.",
    )
    series = BucketSerializer(many=True, help_text="Without times at which nothing runs.")


class ScheduleNameSerializer(serializers.Serializer[Any]):
    """A schedule, briefly."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class CollisionSerializer(serializers.Serializer[Any]):
    """A minute in which several schedules start something."""

    at = serializers.DateTimeField()
    count = serializers.IntegerField()
    schedules = ScheduleNameSerializer(many=True, help_text="Some of them, the rarest first.")


class PatternSerializer(serializers.Serializer[Any]):
    """A minute that comes back every week, in UTC."""

    text = serializers.CharField(source="__str__", help_text="Such as `00:00 UTC every day: 143 schedules`.")
    hour = serializers.IntegerField(allow_null=True, help_text="Null for every hour.")
    minute = serializers.IntegerField()
    weekdays = serializers.ListField(child=serializers.IntegerField(), help_text="0 is Monday.")
    count = serializers.IntegerField()
    schedules = ScheduleNameSerializer(many=True, help_text="Some of them, the rarest first.")


class CollisionsSerializer(serializers.Serializer[Any]):
    """The fullest minutes, and those that come back."""

    results = CollisionSerializer(many=True)
    patterns = PatternSerializer(
        many=True, help_text=f"Within {WEEKDAYS} days; none where fewer are looked at."
    )


class DuplicateGroupSerializer(serializers.Serializer[Any]):
    """Schedules that start the same workflow with the same input at the same times."""

    workflow = serializers.UUIDField(source="workflow.pk")
    workflow_name = serializers.CharField(source="workflow.name")
    same = serializers.ChoiceField(
        [*Same], help_text="What they share: the rules' meaning, or just the fires."
    )
    compared_until = serializers.DateTimeField(allow_null=True, help_text="The last fire compared.")
    schedules = ScheduleNameSerializer(many=True)


class DuplicatesSerializer(serializers.Serializer[Any]):
    """Groups of duplicates, by the name of their first schedule."""

    results = DuplicateGroupSerializer(many=True)


class MoveSettingsSerializer(serializers.Serializer[Any]):
    """What a move changes of a schedule."""

    rules = RulesField(required=False)
    spread = serializers.ChoiceField([*SpreadKind], required=False)
    spread_window = DurationField(required=False)


@extend_schema_field({"type": "string", "description": "Id or name."})
class ScheduleField(serializers.Field[UUID, Any, str, Any]):
    """One of the organization's schedules, by id or name; shown as its id."""

    wanted: ClassVar[str] = "the id or the name of a schedule"

    def to_internal_value(self, data: Any) -> UUID:
        """Return the id; whether there is a schedule of an id is seen when the move is made."""
        if not isinstance(data, str):
            raise ValidationError(f"write {self.wanted}")
        own = Schedule.objects.filter(organization=self.context["access"].organization).visible()
        found = as_id(data) or own.filter(name=data).values_list("pk", flat=True).first()
        if found is None:
            raise ValidationError(f"there is no schedule {data[:100]!r}")
        return found

    def to_representation(self, value: UUID) -> str:
        """Return the id."""
        return str(value)


class MoveSerializer(StrictSerializer):
    """A move of one schedule, as suggested."""

    schedule = ScheduleField(source="schedule_id")
    version = serializers.IntegerField(min_value=1, help_text="The schedule's; a newer one refuses the move.")
    kind = serializers.ChoiceField([*MoveKind])
    minute = serializers.IntegerField(
        required=False, min_value=0, max_value=59, help_text="With `offset`: the new minute."
    )
    window = DurationField(required=False, help_text="With `window`: its length.")

    needed: ClassVar[Mapping[str, str]] = {MoveKind.OFFSET: "minute", MoveKind.WINDOW: "window"}

    def validate(self, attrs: dict[str, Any]) -> Move:
        """Return the move, with what its kind needs and nothing else."""
        needed = self.needed.get(attrs["kind"])
        for name in self.needed.values():
            if name == needed and name not in attrs:
                raise ValidationError({name: [f"missing; a move of kind {attrs['kind']} needs it"]})
            if name != needed and name in attrs:
                raise ValidationError({name: [f"a move of kind {attrs['kind']} has none; leave it out"]})
        return Move(**{**attrs, "kind": MoveKind(attrs["kind"])})

    def validate_window(self, window: Any) -> Any:
        """Return a length that spreads anything."""
        if not SHORTEST <= window <= LONGEST:
            raise ValidationError("write a length from 1s to 24h, such as 15m")
        return window


class SuggestionSerializer(serializers.Serializer[Any]):
    """A move that lowers the peak of starts per minute; each counts on those before it."""

    name = serializers.CharField(source="schedule.name")
    managed_by = serializers.CharField(
        source="schedule.managed_by", help_text="The source of schedules as code to change as well, if any."
    )
    move = serializers.SerializerMethodField(help_text="To be sent back to apply it.")
    settings = MoveSettingsSerializer(help_text="As they stand.")
    instead = MoveSettingsSerializer(help_text="As the move makes them.")
    peak_before = serializers.IntegerField()
    peak_after = serializers.IntegerField()

    @extend_schema_field(MoveSerializer)
    def get_move(self, suggestion: Any) -> dict[str, Any]:
        """Return the move without what its kind does not need."""
        move = suggestion.move
        shown = {"schedule": str(move.schedule_id), "version": move.version, "kind": str(move.kind)}
        if move.minute is not None:
            shown["minute"] = move.minute
        if move.window is not None:
            shown["window"] = DurationField().to_representation(move.window)
        return shown


class SuggestionsSerializer(serializers.Serializer[Any]):
    """Moves in the order to make them, and the peak of starts per minute without and with all of them."""

    peak_before = serializers.IntegerField()
    peak_after = serializers.IntegerField()
    results = SuggestionSerializer(many=True)


class ApplySerializer(StrictSerializer):
    """The moves to make."""

    # The stubs do not know what DRF's lists take.
    moves = MoveSerializer(many=True, min_length=1, max_length=MOST)  # type: ignore[call-arg]


class AppliedSerializer(serializers.Serializer[Any]):
    """What became of one move."""

    schedule = serializers.UUIDField(source="move.schedule_id")
    applied = serializers.BooleanField()
    version = serializers.IntegerField(allow_null=True, help_text="The schedule's new one.")
    refusal = serializers.CharField(help_text="Why it was not made; empty where it was.")


class AppliedListSerializer(serializers.Serializer[Any]):
    """What became of each move, in their order."""

    results = AppliedSerializer(many=True)
