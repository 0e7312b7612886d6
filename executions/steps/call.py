"""What a step's code is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt of one step, or of one item of it, with the variables that its expressions read.

    Attributes:
        item_index: place of the item in its list; -1 for the step itself.
        attempt: from 1, never twice the same.
        failures: attempts that failed so far; those that were lost, handed back or waited count not.
        crashes: attempts that were lost with their worker.
        now: the database's time when the attempt was claimed.
        resume_at: set when an earlier run asked to wait until then.
        created_at: when the step became ready for the first time.
        depth: how many executions lead to this one by events, chains and webhooks.
        kept: what an earlier run that waits left for this one.
    """

    execution_id: UUID
    organization_id: UUID
    step_run_id: UUID
    step: str
    item_index: int = -1
    attempt: int
    failures: int = 0
    crashes: int = 0
    queue: str = ""
    now: datetime
    resume_at: datetime | None
    created_at: datetime
    depth: int = 0
    variables: Mapping[str, Any]
    kept: Any = None

    @property
    def idempotency_key(self) -> str:
        """Return the name of the effect, the same in every attempt."""
        key = f"{self.execution_id}:{self.step}"
        return key if self.item_index < 0 else f"{key}:{self.item_index}"
