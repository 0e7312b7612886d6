"""Calls of steps, as a worker would make them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from executions.steps import Call

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STEP_RUN = UUID(int=1)
EXECUTION = UUID(int=2)


def call(**changes: Any) -> Call:
    """Make the first attempt of a step called `only`, but for `changes`."""
    first: dict[str, Any] = {
        "execution_id": EXECUTION,
        "organization_id": UUID(int=3),
        "step_run_id": STEP_RUN,
        "step": "only",
        "attempt": 1,
        "now": NOON,
        "resume_at": None,
        "created_at": NOON,
        "variables": {},
    }
    return Call(**{**first, **changes})
