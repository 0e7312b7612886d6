"""What is next in a queue."""

from uuid import UUID

from django.db.models import QuerySet

from executions.models import StepRun
from executions.states import StepState


def queued(organization_id: UUID, name: str) -> QuerySet[StepRun]:
    """Return the organization's ready step runs in the order in which they are claimed. Index: step_run_claim.

    Organizations take turns, so others' may be claimed between them.
    """
    ready = StepRun.objects.filter(state=StepState.READY, queue=name, organization_id=organization_id)
    return ready.order_by("-priority", "available_at", "id")
