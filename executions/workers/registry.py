"""The rows of the workers: written by each of its own every few seconds, by operators to drain it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from psycopg.types.json import Jsonb

from executions.queries.claims import interval
from executions.workers.load import Limits, Usage
from organizations.statements import executed

LIVE = timedelta(seconds=30)  # one that was not seen for longer serves nothing
KEPT = timedelta(minutes=10)  # since it was seen


@dataclass(frozen=True, slots=True)
class Identity:
    """What a worker knows of itself from its start on."""

    name: str
    host: str
    pid: int
    queues: Sequence[str]
    slots: int
    limits: Limits


# A drain is of one process: whoever starts under the same name begins without it.
_REGISTER = """
INSERT INTO executions_workernode
    (name, host, pid, queues, slots, memory_bytes, memory_limit_bytes, cpu_percent, cpu_limit_percent,
     is_overloaded, drain_requested_by, started_at, seen_at)
VALUES (%(name)s, %(host)s, %(pid)s, %(queues)s, %(slots)s, 0, %(memory_limit)s, 0, %(cpu_limit)s, false, '',
    horarium_now(), horarium_now())
ON CONFLICT (name) DO UPDATE SET host = excluded.host, pid = excluded.pid, queues = excluded.queues,
    slots = excluded.slots, memory_limit_bytes = excluded.memory_limit_bytes,
    cpu_limit_percent = excluded.cpu_limit_percent, is_overloaded = false,
    drain_requested_at = NULL, drain_requested_by = '',
    started_at = excluded.started_at, seen_at = excluded.seen_at, stopped_at = NULL
"""


def register(worker: Identity) -> None:
    """Write the row of a worker that begins."""
    values = {
        "name": worker.name,
        "host": worker.host,
        "pid": worker.pid,
        "queues": Jsonb(list(worker.queues)),
        "slots": worker.slots,
        "memory_limit": worker.limits.memory or None,
        "cpu_limit": worker.limits.cpu or None,
    }
    with executed(_REGISTER, values):
        pass


# Whoever shows up removes those that do not; skipping what another removes, so that none waits for the other.
_SEEN = """
WITH gone AS (
    DELETE FROM executions_workernode WHERE name IN (
        SELECT name FROM executions_workernode
        WHERE seen_at < horarium_now() - %(kept)s::interval AND name <> %(name)s FOR UPDATE SKIP LOCKED)
)
UPDATE executions_workernode
SET memory_bytes = %(memory)s, cpu_percent = %(cpu)s, is_overloaded = %(overloaded)s, seen_at = horarium_now()
WHERE name = %(name)s AND pid = %(pid)s
RETURNING drain_requested_at IS NOT NULL
"""


def seen(worker: Identity, usage: Usage, *, overloaded: bool) -> bool | None:
    """Write what a worker uses, and return whether it is to be drained; None where it has no row."""
    values = {
        "name": worker.name,
        "pid": worker.pid,
        "memory": usage.memory,
        "cpu": round(usage.cpu, 1),
        "overloaded": overloaded,
        "kept": interval(KEPT),
    }
    with executed(_SEEN, values) as cursor:
        row = cursor.fetchone()
    return row[0] if row else None


_STOPPED = """
UPDATE executions_workernode SET stopped_at = horarium_now(), seen_at = horarium_now()
WHERE name = %s AND pid = %s
"""


def stopped(worker: Identity) -> None:
    """Write that a worker has ended."""
    with executed(_STOPPED, [worker.name, worker.pid]):
        pass


_SERVING = """
SELECT queue, count(*) FROM executions_workernode CROSS JOIN LATERAL jsonb_array_elements_text(queues) AS queue
WHERE stopped_at IS NULL AND seen_at > horarium_now() - %s::interval GROUP BY queue
"""


def serving() -> dict[str, int]:
    """Return how many live workers serve each queue, the drained and overloaded ones too."""
    with executed(_SERVING, [interval(LIVE)]) as cursor:
        return dict(cursor.fetchall())
