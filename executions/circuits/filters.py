"""What a list of circuits can be narrowed to."""

from django_filters import rest_framework as filters

from executions.models import Circuit


class CircuitFilter(filters.FilterSet):  # type: ignore[misc]
    """By state, and by a part of the target."""

    state = filters.ChoiceFilter(choices=Circuit.State.choices)
    target = filters.CharFilter(lookup_expr="icontains", help_text="A part of it.")

    class Meta:
        model = Circuit
        fields = ("state", "target")
