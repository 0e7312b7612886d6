"""What lists of executions can be narrowed to."""

from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django_filters import rest_framework as filters

from executions.models import Execution, Source, StepRun
from executions.states import ExecutionState, StepState
from organizations.strict import InstantFilter
from organizations.viewsets import as_id
from workflows.models import Workflow

MOST_OF_A_NAME = 100  # an archived schedule keeps its name, which others may take


class ExecutionFilter(filters.FilterSet):  # type: ignore[misc]
    """By state, cause and time."""

    state = filters.ChoiceFilter(choices=ExecutionState.choices)
    source = filters.ChoiceFilter(choices=Source.choices)
    workflow = filters.CharFilter(method="of_workflow", help_text="Id or name.")
    schedule = filters.CharFilter(method="of_schedule", help_text="Id or name.")
    created_after = InstantFilter("created_at", lookup_expr="gte", help_text="Inclusive.")
    created_before = InstantFilter("created_at", lookup_expr="lt", help_text="Exclusive.")

    class Meta:
        model = Execution
        fields = ("state", "source", "workflow", "schedule", "created_after", "created_before")

    def of_workflow(self, queryset: QuerySet[Execution], name: str, value: str) -> QuerySet[Execution]:
        """Return executions of the workflow with this id or name."""
        del name
        workflow_id: Any = as_id(value)
        if workflow_id is None:  # read first, so that the index on (workflow, time) can serve the list
            own = Workflow.objects.filter(organization=self.request.access.organization, name=value)
            workflow_id = own.values_list("pk", flat=True).first()
        return queryset.filter(workflow_id=workflow_id) if workflow_id else queryset.none()

    def of_schedule(self, queryset: QuerySet[Execution], name: str, value: str) -> QuerySet[Execution]:
        """Return executions of the schedule with this id, or of those that have had this name."""
        del name
        schedule_id: Any = as_id(value)
        if schedule_id is not None:
            return queryset.filter(schedule_id=schedule_id)
        # By its label: schedules know executions, not the other way round.
        named = apps.get_model("schedules.Schedule").objects.filter(name=value)
        own = named.filter(organization=self.request.access.organization)
        return queryset.filter(schedule_id__in=list(own.values_list("pk", flat=True)[:MOST_OF_A_NAME]))


class StepRunFilter(filters.FilterSet):  # type: ignore[misc]
    """By step and state."""

    step = filters.CharFilter()
    state = filters.ChoiceFilter(choices=StepState.choices)

    class Meta:
        model = StepRun
        fields = ("step", "state")
