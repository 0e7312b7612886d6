"""Claim a step run, keep it, and find those that were lost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from events.statements import executed


@dataclass(frozen=True, slots=True)
class Claim:
    """A step run that this worker holds, with what running and finishing it needs."""

    id: UUID
    step: str
    queue: str
    attempt: int
    failures: int
    crashes: int
    worker: str
    created_at: datetime
    started_at: datetime
    resume_at: datetime | None
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
    input_json: str


_CLAIM_COLUMNS = """
s.id, s.step, s.queue, s.attempt, s.failures, s.crashes, s.worker, s.created_at, s.started_at, s.resume_at,
e.id, e.organization_id, e.workflow_id, e.version_id, e.source, e.schedule_id, e.fire_at,
s.priority, e.queue, e.created_at, e.start_by, e.input::text
"""

# Index: step_run_claim (queue, priority DESC, available_at, id) where ready.
PICK_AND_TAKE = f"""
picked AS MATERIALIZED (
    SELECT id FROM executions_steprun
    WHERE {{condition}} state = 'ready' AND queue = %(queue)s AND available_at <= horarium_now()
    ORDER BY priority DESC, available_at, id
    LIMIT 1 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE executions_steprun AS s
    SET state = 'running', attempt = s.attempt + 1, worker = %(worker)s,
        started_at = horarium_now(), lease_expires_at = horarium_now() + %(lease)s::interval
    FROM picked, executions_execution AS e
    WHERE s.id = picked.id AND e.id = s.execution_id
    RETURNING {_CLAIM_COLUMNS}
)
"""  # noqa: S608 - constant text
_CLAIM = f"WITH {PICK_AND_TAKE.format(condition='')} SELECT * FROM taken"  # noqa: S608 - constant text


@dataclass(frozen=True, slots=True)
class Slot:
    """A worker that is ready to run one step of a queue."""

    queue: str
    worker: str
    lease: timedelta

    def parameters(self) -> dict[str, str]:
        """Return what the claim's statement takes."""
        seconds = self.lease.total_seconds()
        return {"queue": self.queue, "worker": self.worker, "lease": f"{seconds} seconds"}


def claim(slot: Slot) -> Claim | None:
    """Take the best ready step run of the slot's queue, or return None. One statement."""
    with executed(_CLAIM, slot.parameters()) as cursor:
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
