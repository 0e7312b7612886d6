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
    trigger = filters.CharFilter(method="of_trigger", help_text="Id or name of a trigger or webhook.")
    created_after = InstantFilter("created_at", lookup_expr="gte", help_text="Inclusive.")
    created_before = InstantFilter("created_at", lookup_expr="lt", help_text="Exclusive.")

    class Meta:
        model = Execution
        fields = ("state", "source", "workflow", "schedule", "trigger", "created_after", "created_before")

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
        return queryset.filter(schedule_id__in=self._ids(value, "schedules.Schedule"))

    def of_trigger(self, queryset: QuerySet[Execution], name: str, value: str) -> QuerySet[Execution]:
        """Return executions that the trigger or webhook with this id, or of this name, has started."""
        del name
        return queryset.filter(trigger_id__in=self._ids(value, "triggers.Trigger", "triggers.Webhook"))

    def _ids(self, text: str, *models: str) -> list[Any]:
        """Return the id that `text` is, or those of the rows of that name."""
        if (id_ := as_id(text)) is not None:
            return [id_]
        found: list[Any] = []
        for model in models:  # by its label: it knows executions, not the other way round
            named = apps.get_model(model).objects.filter(name=text)
            own = named.filter(organization=self.request.access.organization)
            found += own.values_list("pk", flat=True)[:MOST_OF_A_NAME]
        return found


class StepRunFilter(filters.FilterSet):  # type: ignore[misc]
    """By step and state."""

    step = filters.CharFilter()
    state = filters.ChoiceFilter(choices=StepState.choices)

    class Meta:
        model = StepRun
        fields = ("step", "state")
