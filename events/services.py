"""Append to the log, in the transaction of the change that an event tells of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from events import dispatching
from events.announcements import announce_on_commit
from organizations.statements import array, executed

HINT = "events"  # announcement topic; the key is the organization's id

# Takes `event_columns`; a caller may join `new` to what its own statement wrote.
INSERT_EVENTS = """
INSERT INTO events_event (organization_id, type, at, workflow_id, schedule_id, execution_id, data)
SELECT new.* FROM unnest(
    %s::uuid[], %s::text[], %s::timestamptz[], %s::uuid[], %s::uuid[], %s::uuid[], %s::jsonb[])
    AS new (organization_id, type, at, workflow_id, schedule_id, execution_id, data)
"""
RETURNING_TOLD = "RETURNING id, organization_id, type, workflow_id, schedule_id, at"  # what `WANTED` needs
_APPEND = f"WITH told AS ({INSERT_EVENTS} {RETURNING_TOLD}) {dispatching.WANTED}"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append. `data` holds ids and small facts, never inputs or outputs."""

    organization_id: UUID
    type: str
    at: datetime
    workflow_id: UUID | None = None
    schedule_id: UUID | None = None
    execution_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)


def append(events: Iterable[NewEvent]) -> None:
    """Append `events` with one statement; readers hear of them after the commit."""
    rows = list(events)
    if not rows:
        return
    with executed(_APPEND, event_columns(rows)) as cursor:
        if cursor.rowcount:
            dispatching.wake_on_commit()
    hint(rows)


def hint(events: Iterable[NewEvent]) -> None:
    """Tell the readers of these events' organizations, once the running transaction has committed."""
    for organization_id in {event.organization_id for event in events}:
        announce_on_commit(HINT, str(organization_id))


def event_columns(events: Sequence[NewEvent]) -> list[str]:
    """Return the parameters of `INSERT_EVENTS`: one array per column."""
    return [array(_value(event, name) for event in events) for name in NewEvent.__slots__]


def _value(event: NewEvent, name: str) -> Any:
    value = getattr(event, name)
    return Jsonb(value) if name == "data" else value
