"""Close dead letters: redriven or discarded, each once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from events.services import NewEvent, append
from executions.errors import AlreadyRedriven
from executions.models import DeadLetter

Resolution = DeadLetter.Resolution


@transaction.atomic
def discard(letter: DeadLetter, *, by: str, now: datetime, note: str = "") -> None:
    """Close a dead letter without starting anything.

    Raises:
        AlreadyRedriven: it was redriven or discarded before.
    """
    settle(letter.execution_id, Resolution.DISCARDED, by=by, now=now, note=note)
    append([discarded(letter.organization_id, [letter.pk], by=by, note=note, now=now)])


def settle(
    execution_id: UUID, resolution: DeadLetter.Resolution, *, by: str, now: datetime, **changes: Any
) -> None:
    """Close the dead letter of an execution, where it has one, in the caller's transaction.

    Raises:
        AlreadyRedriven: it was redriven or discarded before.
    """
    letter = DeadLetter.objects.filter(execution=execution_id)
    as_read = letter.filter(resolution=Resolution.OPEN)
    settled = as_read.update(resolution=resolution, resolved_by=by, resolved_at=now, **changes)
    if not settled and (earlier := letter.first()) is not None:
        raise AlreadyRedriven(
            f"the dead letter was {earlier.resolution} by {earlier.resolved_by or 'somebody'} before"
        )


def discarded(
    organization_id: UUID, letter_ids: list[UUID], *, by: str, note: str, now: datetime
) -> NewEvent:
    """Return the event that tells of discarded dead letters; it names one of many only."""
    facts = {"count": len(letter_ids), "dead_letter": str(letter_ids[0]), "by": by, "note": note}
    return NewEvent(organization_id=organization_id, type="dead_letter.discarded", at=now, data=facts)
