"""What this process has run lately: counted in memory, written every few seconds.

Nothing is written for a single step. A process that dies loses the counts of
its last seconds, and of nothing else: they are statistics, not the history.
"""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from celery.signals import worker_process_shutdown
from django.db import Error

from executions.queries import Claim
from executions.queues import minutes
from executions.queues.histogram import BUCKETS, bucket
from executions.queues.minutes import Minute
from executions.rules.outcomes import Failed, Outcome

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 10.0


@dataclass(slots=True)
class _Counts:
    attempts: int = 0
    failed: int = 0
    waited_seconds: float = 0.0
    ran_seconds: float = 0.0
    waits: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    runs: list[int] = field(default_factory=lambda: [0] * BUCKETS)


# By organization, minute and queue; the number of an id is hashed in a tenth of the id's time.
_counts: dict[tuple[int, int, str], _Counts] = {}
_flushed = -FLUSH_SECONDS  # monotonic seconds


def count(held: Claim, outcome: Outcome, *, ran: float) -> None:
    """Count an attempt that has ended.

    Args:
        ran: seconds since it was claimed.
    """
    started = held.started_at.timestamp()
    key = (held.organization_id.int, int(started + ran) // 60, held.queue)
    counts = _counts.get(key)
    if counts is None:
        counts = _counts[key] = _Counts()
    waited = (held.started_at - held.available_at).total_seconds() if held.available_at else 0.0
    counts.attempts += 1
    counts.failed += type(outcome) is Failed
    counts.waited_seconds += waited
    counts.ran_seconds += ran
    counts.waits[bucket(waited)] += 1
    counts.runs[bucket(ran)] += 1


def flush_now_and_then() -> None:
    """Write what was counted, if the last time is long enough ago."""
    if _counts and time.monotonic() - _flushed >= FLUSH_SECONDS:
        flush()


@worker_process_shutdown.connect
def flush(**_: Any) -> None:
    """Write what was counted; what the database does not take is dropped."""
    global _counts, _flushed  # noqa: PLW0603 - of this process
    taken, _counts = _counts, {}
    _flushed = time.monotonic()
    rows = [
        Minute(
            UUID(int=organization), minute * 60, queue, *(getattr(counts, name) for name in counts.__slots__)
        )
        for (organization, minute, queue), counts in taken.items()
    ]
    try:
        minutes.add(rows)
    except Error as error:
        log.warning("queue statistics dropped", minutes=len(rows), error=str(error))
