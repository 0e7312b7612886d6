"""The statements of a beat pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection


@dataclass(frozen=True, slots=True)
class Advance:
    """Where a schedule stands after a pass."""

    id: UUID
    cursor_at: datetime
    last_fire_at: datetime | None
    next_fire_at: datetime | None
    state: str


# The rows are locked by the pass that read them. `last_fire_at` only grows.
_ADVANCE = """
UPDATE schedules_schedule AS s
SET cursor_at = new.cursor_at, last_fire_at = greatest(s.last_fire_at, new.last_fire_at),
    next_fire_at = new.next_fire_at, next_due_at = new.next_fire_at, state = new.state
FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[])
    AS new (id, cursor_at, last_fire_at, next_fire_at, state)
WHERE s.id = new.id AND s.state = 'active'
"""


def advance(rows: Sequence[Advance]) -> None:
    """Write where the schedules of a pass stand, with one statement."""
    columns = [[getattr(row, name) for row in rows] for name in Advance.__slots__]
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE, columns)


# Index: schedule_due (next_due_at, id) where active.
_NEXT_DUE = "SELECT min(next_due_at) FROM schedules_schedule WHERE state = 'active'"


def next_due_at() -> datetime | None:
    """Return when the earliest active schedule is due, which may be in the past."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_DUE)
        row: tuple[datetime | None] = cursor.fetchone()
    return row[0]
