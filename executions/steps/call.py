"""What a step's code is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt of one step, with the variables that its expressions read.

    `now` is the database's time when the attempt was claimed; `resume_at` is
    set when an earlier attempt asked to wait until then.
    """

    execution_id: UUID
    step: str
    attempt: int
    now: datetime
    resume_at: datetime | None
    variables: Mapping[str, Any]

    @property
    def idempotency_key(self) -> str:
        """Return the name of the effect, the same in every attempt."""
        return f"{self.execution_id}:{self.step}"
