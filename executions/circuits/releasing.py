"""Let steps go on that wait for a target; not all at once, which would knock it over again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from executions import wakeups
from organizations.statements import executed

SPACING = timedelta(milliseconds=10)  # between two steps of one target
BATCH = 200  # steps of one target; as many as their spacing lets go on until the next sweep
REACH = BATCH * SPACING
MOST_TARGETS = 1_000  # of one sweep


@dataclass(frozen=True, slots=True)
class Held:
    """A target that may be called again, while steps still wait for it."""

    organization_id: UUID
    target: str
    is_closed: bool


# Index: step_run_waits_for. What goes on within `reach` by itself was released before. Rows that somebody else is
# about to change can wait for the next time.
_RELEASE = """
WITH picked AS MATERIALIZED (
    SELECT id FROM executions_steprun
    WHERE organization_id = %(organization_id)s AND waits_for = 'circuit' AND waits_key = %(target)s
        AND state = 'waiting' AND available_at > %(now)s::timestamptz + %(reach)s::interval
    ORDER BY priority DESC, created_at, id
    LIMIT %(most)s FOR UPDATE SKIP LOCKED
), placed AS (
    SELECT id, row_number() OVER () - 1 AS place FROM picked
)
UPDATE executions_steprun AS s
SET available_at = %(now)s::timestamptz + placed.place * %(spacing)s::interval
FROM placed WHERE s.id = placed.id
"""


def release(organization_id: UUID, target: str, *, now: datetime, most: int = BATCH) -> int:
    """Let the next steps that wait for a target go on, one after the other, and return how many.

    Safe to repeat: what was released before is left as it is.
    """
    values = {
        "organization_id": organization_id,
        "target": target,
        "now": now,
        "most": most,
        "spacing": SPACING,
        "reach": REACH,
    }
    with executed(_RELEASE, values) as cursor:
        released = cursor.rowcount
    if released:
        wakeups.tell_beat()
    return released


_CALLABLE = """
SELECT c.organization_id, c.target, c.state = 'closed'
FROM executions_circuit AS c
WHERE (c.state = 'closed' OR c.retry_at <= %(now)s AND c.state = 'open'
       OR c.state = 'half_open' AND c.probing_until <= %(now)s)
    AND EXISTS (
        SELECT FROM executions_steprun AS s
        WHERE s.organization_id = c.organization_id AND s.waits_for = 'circuit' AND s.waits_key = c.target
            AND s.state = 'waiting' AND s.available_at > %(now)s::timestamptz + %(reach)s::interval)
LIMIT %(most)s
"""


def callable_targets(*, now: datetime) -> list[Held]:
    """Return the targets that may be called, or probed, and for which steps wait all the same."""
    with executed(_CALLABLE, {"now": now, "reach": REACH, "most": MOST_TARGETS}) as cursor:
        return [Held(*row) for row in cursor]
