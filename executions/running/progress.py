"""What the code of a running step says of itself."""

from django.db import transaction

import clock
from events.services import NewEvent, append
from executions.models import StepRun
from executions.queries import Claim
from executions.states import StepState


@transaction.atomic
def write(held: Claim, *, fraction: float, note: str) -> bool:
    """Write how far an attempt is, and tell of it; return whether it was still held.

    Args:
        fraction: 0 to 1.
        note: at most 200 characters, without U+0000.
    """
    row = StepRun.objects.filter(pk=held.id, attempt=held.attempt, state=StepState.RUNNING)
    if not row.update(progress=fraction, progress_note=note):
        return False
    facts = {"step": held.step, "attempt": held.attempt, "progress": fraction, "note": note}
    if held.is_item:
        facts["item"] = held.item_index
    append([_event(held, facts)])
    return True


def _event(held: Claim, facts: dict[str, object]) -> NewEvent:
    return NewEvent(
        organization_id=held.organization_id,
        type="workflow.step.progress",
        at=clock.now(),
        workflow_id=held.workflow_id,
        schedule_id=held.schedule_id,
        execution_id=held.execution_id,
        data=facts,
    )
