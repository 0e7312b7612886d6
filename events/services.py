"""Append to the log, in the transaction of the change that an event tells of."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.types.json import Jsonb

from events.announcements import announce_on_commit

HINT = "events"  # announcement topic; the key is the organization's id

_COLUMNS = "(organization_id, type, at, workflow_id, schedule_id, execution_id, data)"


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
    with connection.cursor() as cursor:
        _insert(cursor, rows)
    for organization_id in {event.organization_id for event in rows}:
        announce_on_commit(HINT, str(organization_id))


def _insert(cursor: CursorWrapper, rows: list[NewEvent]) -> None:
    cursor.execute(
        f"INSERT INTO events_event {_COLUMNS} "  # noqa: S608 - constant text
        "SELECT * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::uuid[], %s::uuid[], %s::uuid[],"
        " %s::jsonb[])",
        [
            [event.organization_id for event in rows],
            [event.type for event in rows],
            [event.at for event in rows],
            [event.workflow_id for event in rows],
            [event.schedule_id for event in rows],
            [event.execution_id for event in rows],
            [Jsonb(event.data) for event in rows],
        ],
    )
