"""Tell of results that came too late: the step had been given to somebody else meanwhile."""

from datetime import datetime
from typing import Any

import structlog
from django.db import Error, connection

from events.services import append
from executions.models import Attempt
from executions.queries import Claim
from executions.subject import subject_of

log = structlog.get_logger(__name__)


def tell(held: Claim, *, now: datetime) -> bool:
    """Append `workflow.step.refused` for an attempt whose finish was refused because it was given up as lost.

    Its effects stand, beside those of the attempt that came after it: so an operator can count them, and look.
    A finish that was repeated because the answer to its commit was lost is refused as well, and is not told.

    Returns:
        Whether it was told. What the database does not take is logged only.
    """
    facts: dict[str, Any] = {"step": held.step, "attempt": held.attempt, "worker": held.worker}
    if held.is_item:
        facts["item"] = held.item_index
    try:
        if not _was_given_up(held):
            return False
        append([subject_of(held).event("workflow.step.refused", now=now, data=facts)])
    except Error as error:
        log.warning("refused finish not told", step_run_id=str(held.id), error=str(error))
        connection.close()
        return False
    return True


def _was_given_up(held: Claim) -> bool:
    attempts = Attempt.objects.filter(step_run_id=held.id, number=held.attempt)
    return attempts.filter(outcome=Attempt.Outcome.LOST).exists()
