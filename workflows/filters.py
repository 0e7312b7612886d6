"""What a list of workflows can be narrowed to."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from workflows.models import Workflow


class WorkflowFilter(filters.FilterSet):  # type: ignore[misc]
    """Without a state, archived workflows are left out."""

    state = filters.ChoiceFilter(choices=Workflow.State.choices)
    search = filters.CharFilter("name", lookup_expr="icontains", help_text="Part of the name.")

    class Meta:
        model = Workflow
        fields = ("state", "search")

    def filter_queryset(self, queryset: QuerySet[Workflow]) -> QuerySet[Workflow]:
        """Return the workflows that are asked for."""
        found: QuerySet[Workflow] = super().filter_queryset(queryset)
        return found if self.form.cleaned_data["state"] else found.exclude(state=Workflow.State.ARCHIVED)
