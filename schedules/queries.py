"""The statements of a beat pass."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.statements import executed


@dataclass(frozen=True, slots=True)
class Advance:
    """Where a schedule stands after a pass."""

    id: UUID
    cursor_at: datetime
    last_fire_at: datetime | None
    next_fire_at: datetime | None
    next_due_at: datetime | None
    state: str


# The rows are locked by the pass that read them. `last_fire_at` only grows.
_ADVANCE = """
UPDATE schedules_schedule AS s
SET cursor_at = new.cursor_at, last_fire_at = greatest(s.last_fire_at, new.last_fire_at),
    next_fire_at = new.next_fire_at, next_due_at = new.next_due_at, state = new.state
FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[])
    AS new (id, cursor_at, last_fire_at, next_fire_at, next_due_at, state)
WHERE s.id = new.id AND s.state = 'active'
"""


def advance(rows: Sequence[Advance]) -> None:
    """Write where the schedules of a pass stand, with one statement."""
    columns = [[getattr(row, name) for row in rows] for name in Advance.__slots__]
    with executed(_ADVANCE, columns):
        pass


# Indexes: schedule_due (next_due_at, id) where active; step_run_available (available_at) where ready.
_OUTLOOK = """
SELECT
    least(
        (SELECT min(next_due_at) FROM schedules_schedule WHERE state = 'active'),
        (SELECT min(available_at) FROM executions_steprun WHERE state = 'ready' AND available_at > %(now)s)
    ),
    (SELECT array_agg(queue) FROM (
        SELECT queue FROM executions_steprun
        WHERE state = 'ready' AND available_at > %(since)s AND available_at <= %(now)s
            AND available_at > created_at
        LIMIT %(most)s
    ) AS released)
"""
MOST_RELEASED = 1_000  # rows looked at; a worker that is woken drains the queue whatever its length


@dataclass(frozen=True, slots=True)
class Outlook:
    """What beat waits for: the next schedule or delayed step, and the steps whose delay is over.

    `next_at` may be in the past, while another beat holds what is due.
    """

    next_at: datetime | None
    released: Counter[str]


def outlook(*, since: datetime, now: datetime) -> Outlook:
    """Return when the next thing is due, and how many delayed steps per queue became ready in (since, now]."""
    with executed(_OUTLOOK, {"since": since, "now": now, "most": MOST_RELEASED}) as cursor:
        next_at, queues = cursor.fetchone() or (None, None)
    return Outlook(next_at, Counter(queues or ()))
