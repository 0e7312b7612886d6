"""What a list of triggers can be narrowed to."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from organizations.viewsets import as_id
from triggers.models import Trigger, TriggerState


class TriggerFilter(filters.FilterSet):  # type: ignore[misc]
    """By state, by the workflow that is started, by the type exactly as it is written, by a part of the name."""

    state = filters.ChoiceFilter(choices=TriggerState.choices)
    workflow = filters.CharFilter(method="of_workflow", help_text="Id or name of the one that is started.")
    type = filters.CharFilter("pattern", help_text="Exactly as the trigger has it, such as `order.*`.")
    search = filters.CharFilter("name", lookup_expr="icontains", help_text="Part of the name.")

    class Meta:
        model = Trigger
        fields = ("state", "workflow", "type", "search")

    def of_workflow(self, queryset: QuerySet[Trigger], name: str, value: str) -> QuerySet[Trigger]:
        """Return triggers of the workflow with this id or name."""
        del name
        workflow_id = as_id(value)
        return (
            queryset.filter(workflow_id=workflow_id) if workflow_id else queryset.filter(workflow__name=value)
        )
