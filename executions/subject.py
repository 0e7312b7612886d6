"""The execution that a finish or a request is about, and the events that tell of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events.services import NewEvent
from executions.models import Execution
from executions.queries import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A locked execution, as far as its next steps depend on it."""

    execution_id: UUID
    organization_id: UUID
    workflow_id: UUID
    version_id: UUID
    schedule_id: UUID | None
    priority: int
    queue: str

    def event(self, type_: str, *, now: datetime, data: Mapping[str, Any] | None = None) -> NewEvent:
        """Return an event that tells of this execution."""
        return NewEvent(
            organization_id=self.organization_id,
            type=type_,
            at=now,
            workflow_id=self.workflow_id,
            schedule_id=self.schedule_id,
            execution_id=self.execution_id,
            data=dict(data or {}),
        )


def subject_of(source: Claim | Execution) -> Subject:
    """Return the execution of a claim, or an execution."""
    if isinstance(source, Claim):
        execution_id, queue = source.execution_id, source.execution_queue
    else:
        execution_id, queue = source.pk, source.queue
    return Subject(
        execution_id=execution_id,
        organization_id=source.organization_id,
        workflow_id=source.workflow_id,
        version_id=source.version_id,
        schedule_id=source.schedule_id,
        priority=source.priority,
        queue=queue,
    )
