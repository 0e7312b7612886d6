"""What a list of dead letters can be narrowed to."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from executions.dead_letters.selection import Filter, narrowed
from executions.models import DeadLetter
from organizations.strict import InstantFilter


class DeadLetterFilter(filters.FilterSet):  # type: ignore[misc]
    """By what a person decided, where it comes from, why and when."""

    resolution = filters.ChoiceFilter(choices=DeadLetter.Resolution.choices)
    cause = filters.ChoiceFilter(choices=DeadLetter.Cause.choices)
    workflow = filters.CharFilter(help_text="Id or name.")
    schedule = filters.CharFilter(help_text="Id or name.")
    reason_contains = filters.CharFilter(help_text="A part of the reason, in capitals or not.")
    created_after = InstantFilter(help_text="Inclusive.")
    created_before = InstantFilter(help_text="Exclusive.")

    class Meta:
        model = DeadLetter
        fields = ("resolution", "cause")

    def filter_queryset(self, queryset: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
        """Return the rows that have all that is wanted."""
        given: dict[str, Any] = {name: value for name, value in self.form.cleaned_data.items() if value}
        return narrowed(queryset, Filter(**given), organization_id=self.request.access.organization.pk)  # type: ignore[typeddict-item]
