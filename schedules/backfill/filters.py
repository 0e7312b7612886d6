"""What a list of backfills can be narrowed to."""

from django_filters import rest_framework as filters

from schedules.models import Backfill


class BackfillFilter(filters.FilterSet):  # type: ignore[misc]
    """By state."""

    state = filters.ChoiceFilter(choices=Backfill.State.choices)

    class Meta:
        model = Backfill
        fields = ("state",)
