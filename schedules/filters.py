"""What a list of schedules can be narrowed to."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from organizations.viewsets import as_id
from schedules.models import Schedule
from schedules.states import ScheduleState


class ScheduleFilter(filters.FilterSet):  # type: ignore[misc]
    """Without a state, archived schedules are left out."""

    state = filters.ChoiceFilter(choices=ScheduleState.choices)
    workflow = filters.CharFilter(method="of_workflow", help_text="Id or name.")
    search = filters.CharFilter("name", lookup_expr="icontains", help_text="Part of the name.")

    class Meta:
        model = Schedule
        fields = ("state", "workflow", "search")

    def filter_queryset(self, queryset: QuerySet[Schedule]) -> QuerySet[Schedule]:
        """Return the schedules that are asked for."""
        found: QuerySet[Schedule] = super().filter_queryset(queryset)
        return found if self.form.cleaned_data["state"] else found.exclude(state=ScheduleState.ARCHIVED)

    def of_workflow(self, queryset: QuerySet[Schedule], name: str, value: str) -> QuerySet[Schedule]:
        """Return schedules of the workflow with this id or name."""
        del name
        workflow_id = as_id(value)
        return (
            queryset.filter(workflow_id=workflow_id) if workflow_id else queryset.filter(workflow__name=value)
        )
