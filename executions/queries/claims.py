"""Claim a step run, keep it, and find those that were lost."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from organizations.statements import executed

NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Claim:
    """A step run that this worker holds, with what running and finishing it needs."""

    id: UUID
    step: str
    item_index: int
    queue: str
    attempt: int
    failures: int
    crashes: int
    worker: str
    created_at: datetime
    started_at: datetime
    resume_at: datetime | None
    item_json: str | None
    kept_json: str | None
    execution_id: UUID
    organization_id: UUID
    workflow_id: UUID
    version_id: UUID
    source: str
    schedule_id: UUID | None
    fire_at: datetime | None
    priority: int
    execution_queue: str
    execution_created_at: datetime
    start_by: datetime | None
    ends_as: str
    input_json: str | None  # None where it is large: a thousand items need not carry it each
    available_at: datetime | None = None  # since when it was ready
    depth: int = 0  # how many ends and events led to its execution

    @property
    def is_item(self) -> bool:
        """Return whether it is one item of a step."""
        return self.item_index >= 0

    @property
    def kept(self) -> Any:
        """Return what the step's last run left for this one."""
        return None if self.kept_json is None else json.loads(self.kept_json)


_CLAIM_COLUMNS = """
s.id, s.step, s.item_index, s.queue, s.attempt, s.failures, s.crashes, s.worker, s.created_at, s.started_at,
s.resume_at, s.item::text, s.output::text,
e.id, e.organization_id, e.workflow_id, e.version_id, e.source, e.schedule_id, e.fire_at,
e.priority, e.queue, e.created_at, e.start_by, e.ends_as,
CASE WHEN pg_column_size(e.input) <= 4000 THEN e.input::text END, s.available_at, e.depth
"""

# What a claim does to the row that `picked` has chosen.
TAKE = f"""
taken AS (
    UPDATE executions_steprun AS s
    SET state = 'running', attempt = s.attempt + 1, worker = %(worker)s, waits_for = '',
        available_at = coalesce(s.available_at, horarium_now()),
        started_at = horarium_now(), lease_expires_at = horarium_now() + %(lease)s::interval
    FROM picked, executions_execution AS e
    WHERE s.id = picked.id AND e.id = s.execution_id
    RETURNING {_CLAIM_COLUMNS}
)
"""  # noqa: S608 - constant text

# Index: step_run_claim (queue, organization_id, priority DESC, available_at, id) where ready.
# The organizations that have something ready take turns, from the one after the last that was served:
# `turn` finds each by one probe, and only until one has a row that nobody else holds.
# A queue that is limited is claimed from elsewhere, under a lock.
PICK_AND_TAKE = f"""
turn (organization_id, wrapped, place) AS (
    SELECT %(after)s::uuid, false, 0
    UNION ALL
    SELECT following.organization_id, following.wrapped, turn.place + 1
    FROM turn CROSS JOIN LATERAL (
        (SELECT s.organization_id, turn.wrapped FROM executions_steprun AS s
         WHERE s.state = 'ready' AND s.queue = %(queue)s AND s.organization_id > turn.organization_id
             AND (NOT turn.wrapped OR s.organization_id <= %(after)s::uuid)
         ORDER BY s.organization_id LIMIT 1)
        UNION ALL
        (SELECT s.organization_id, true FROM executions_steprun AS s
         WHERE NOT turn.wrapped AND s.state = 'ready' AND s.queue = %(queue)s
             AND s.organization_id <= %(after)s::uuid
         ORDER BY s.organization_id LIMIT 1)
        LIMIT 1
    ) AS following
), picked AS MATERIALIZED (
    SELECT best.id FROM (
        SELECT turn.organization_id FROM turn
        WHERE turn.place > 0 AND NOT EXISTS (
            SELECT FROM executions_queuesetting AS q
            WHERE q.organization_id = turn.organization_id AND q.name = %(queue)s
                AND (q.paused_at IS NOT NULL OR q.max_running IS NOT NULL))
        OFFSET 0 -- asked before a row is locked
    ) AS served CROSS JOIN LATERAL (
        SELECT s.id FROM executions_steprun AS s
        WHERE {{condition}} s.state = 'ready' AND s.queue = %(queue)s
            AND s.organization_id = served.organization_id
        ORDER BY s.priority DESC, s.available_at, s.id
        LIMIT 1 FOR UPDATE SKIP LOCKED
    ) AS best
    LIMIT 1
), {TAKE}
"""  # noqa: S608 - constant text
_CLAIM = f"WITH RECURSIVE {PICK_AND_TAKE.format(condition='')} SELECT * FROM taken"  # noqa: S608 - constant text


@dataclass(slots=True)
class Slot:
    """A worker that is ready to run one step of a queue.

    Attributes:
        after: the organization that was served last; the next one has its turn.
    """

    queue: str
    worker: str
    lease: timedelta
    after: UUID = NOBODY

    def parameters(self) -> dict[str, Any]:
        """Return what the claim's statement takes."""
        return {
            "queue": self.queue,
            "worker": self.worker,
            "lease": interval(self.lease),
            "after": self.after,
        }

    def served(self, row: tuple[Any, ...] | list[Any] | None) -> Claim | None:
        """Return the claim that a statement gave this slot, if any, and remember whose turn it was."""
        if not row or row[0] is None:
            return None
        taken = Claim(*row)
        self.after = taken.organization_id
        return taken


def claim(slot: Slot) -> Claim | None:
    """Take the best ready step run of the slot's queue, or return None. One statement."""
    with executed(_CLAIM, slot.parameters()) as cursor:
        return slot.served(cursor.fetchone())


# By primary key.
_HELD = f"""
SELECT {_CLAIM_COLUMNS}
FROM executions_steprun AS s JOIN executions_execution AS e ON e.id = s.execution_id WHERE s.id = %s
"""  # noqa: S608 - constant text


def held(step_run_id: UUID) -> Claim | None:
    """Return a step run, in whatever state, with its execution. Locks nothing."""
    with executed(_HELD, [step_run_id]) as cursor:
        row = cursor.fetchone()
    return Claim(*row) if row else None


# Index: step_run_lease (lease_expires_at) where running.
_EXPIRED = f"""
SELECT {_CLAIM_COLUMNS}
FROM executions_steprun AS s JOIN executions_execution AS e ON e.id = s.execution_id
WHERE s.state = 'running' AND s.lease_expires_at < horarium_now()
ORDER BY s.lease_expires_at LIMIT %s
"""  # noqa: S608 - constant text


def expired(limit: int) -> list[Claim]:
    """Return held step runs whose lease has ended, the oldest first. Locks nothing."""
    with executed(_EXPIRED, [limit]) as cursor:
        return [Claim(*row) for row in cursor.fetchall()]


_RENEW = """
UPDATE executions_steprun AS s SET lease_expires_at = horarium_now() + %s::interval
FROM executions_execution AS e
WHERE s.id = %s AND s.attempt = %s AND s.state = 'running' AND e.id = s.execution_id
RETURNING e.cancel_requested_at IS NOT NULL
"""


class Renewal(Enum):
    """What a heartbeat learns."""

    HELD = "held"
    CANCELLING = "cancelling"  # held, but its execution is to end
    LOST = "lost"  # the attempt is no longer this worker's


def renew(claimed: Claim, *, lease: timedelta) -> Renewal:
    """Extend the lease of a claim that is still held."""
    with executed(_RENEW, [interval(lease), claimed.id, claimed.attempt]) as cursor:
        row = cursor.fetchone()
    if row is None:
        return Renewal.LOST
    return Renewal.CANCELLING if row[0] else Renewal.HELD


def interval(duration: timedelta) -> str:
    """Return a duration as PostgreSQL reads it."""
    return f"{duration.total_seconds()} seconds"
