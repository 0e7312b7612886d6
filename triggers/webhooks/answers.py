"""What became of a delivery, as JSON."""

from typing import Any

from triggers.models import Outcome
from triggers.webhooks.challenges import Challenge
from triggers.webhooks.taking import Taken


def answer_of(taken: Taken | Challenge) -> tuple[dict[str, Any], int]:
    """Return the answer to a delivery with its status: 202 with the execution, or 200 where it was not wanted."""
    if isinstance(taken, Challenge):
        return {"challenge": taken.text}, 200
    if taken.outcome == Outcome.NOT_MATCHED:
        return {"matched": False, "failed_at": taken.reason, "delivery": str(taken.id)}, 200
    started = {
        "matched": True,
        "result": "created" if taken.created else "replayed",
        "execution_id": str(taken.execution_id),
        "delivery": str(taken.id),
    }
    return started, 202
