"""Causes to run a workflow, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from executions.admitting.admission import Admission
from executions.admitting.limits.entering import Wanted
from executions.admitting.limits.wanted import WantedPlace
from executions.admitting.overlap import STARTS, WAITS, Decision
from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE
from workflows.models import Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A cause to run a workflow once. `input` must fit the schema of the workflow's current version.

    Attributes:
        admission: the group in which it competes for a place; without one it starts.
        start_by: a worker that takes its first step later ends it instead.
        is_watched: somebody wants to know of its end; see `queries.take_ended`.
        parent_step_id: the step run that waits for its end.
        version_id: another version than the current one.
        takes_over: the caller gives it its step runs, in the same transaction.
        trigger_id: what started it, with the event that it did so for.
        depth: how many ends and events led to it, one after the other.
    """

    workflow: Workflow
    source: str
    input: Mapping[str, Any] = field(default_factory=dict)
    schedule_id: UUID | None = None
    fire_kind: str = ""
    fire_at: datetime | None = None
    idempotency_key: str | None = None
    priority: int = DEFAULT_PRIORITY
    queue: str = DEFAULT_QUEUE
    redrive_of_id: UUID | None = None
    by: str = ""
    admission: Admission | None = None
    start_by: datetime | None = None
    is_watched: bool = False
    parent_step_id: UUID | None = None
    version_id: UUID | None = None
    takes_over: bool = False
    trigger_id: UUID | None = None
    event_id: int | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """A cause that may start, with the version that it runs, its whole input and the places that it wants."""

    cause: Start
    version_id: UUID
    input: dict[str, Any]
    places: tuple[WantedPlace, ...]

    @property
    def wanted(self) -> Wanted:
        """Return what it competes for."""
        group = self.cause.admission
        return Wanted(group if group and group.is_grouped else None, self.places)


@dataclass(frozen=True, slots=True)
class Started:
    """The execution that a cause has; `created` is False where the cause had one before."""

    id: UUID
    created: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one cause: an execution, or None where its key already has one or `decision` refused it."""

    id: UUID | None
    decision: Decision

    @property
    def is_refused(self) -> bool:
        return self.decision not in STARTS | WAITS
