"""What stands in the queues of an organization: every count is bounded, whatever the queues hold."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from executions.models import QueueSetting, WaitsFor
from executions.queues import minutes
from executions.queues.histogram import PERCENTILES, percentile
from executions.queues.minutes import Sums
from executions.workers import registry
from organizations.statements import executed

MOST_COUNTED = 10_000  # rows of one count; reading more would cost more than the number is worth
MOST_QUEUES = 1_000  # of an organization, in the order of their names
_Ready = tuple[int, datetime | None]  # how many, and since when the oldest

RECENT, HOUR = timedelta(minutes=5), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rates:
    """How fast attempts ended within a time, and how long they waited and ran: percentiles in seconds."""

    attempts_per_minute: float
    failed_per_minute: float
    wait_seconds: dict[str, float | None]
    run_seconds: dict[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue of an organization. `depth` counts ready steps; `waiting` those not ready, by what they wait for."""

    name: str
    setting: QueueSetting
    depth: int = 0
    is_capped: bool = False
    oldest_ready_at: datetime | None = None
    oldest_age_seconds: float | None = None
    running: int = 0
    waiting: dict[str, int] = field(default_factory=dict)
    workers: int = 0
    last_5_minutes: Rates
    last_hour: Rates


# Indexes, in order: step_run_claim, walked once per queue (ordered, lest the planner read the table);
# step_run_waiting, likewise; step_run_lease; queue_setting_once; queue_minute_once.
_NAMES = """
WITH RECURSIVE ready (queue) AS (
    (SELECT queue FROM executions_steprun WHERE state = 'ready' ORDER BY queue LIMIT 1)
    UNION ALL
    SELECT (SELECT s.queue FROM executions_steprun AS s
            WHERE s.state = 'ready' AND s.queue > ready.queue ORDER BY s.queue LIMIT 1)
    FROM ready WHERE ready.queue IS NOT NULL
), waiting (queue) AS (
    (SELECT queue FROM executions_steprun
     WHERE state = 'waiting' AND organization_id = %(organization_id)s ORDER BY queue LIMIT 1)
    UNION ALL
    SELECT (SELECT s.queue FROM executions_steprun AS s
            WHERE s.state = 'waiting' AND s.organization_id = %(organization_id)s AND s.queue > waiting.queue
            ORDER BY s.queue LIMIT 1)
    FROM waiting WHERE waiting.queue IS NOT NULL
)
SELECT queue FROM ready WHERE (
    SELECT true FROM executions_steprun AS s
    WHERE s.state = 'ready' AND s.queue = ready.queue AND s.organization_id = %(organization_id)s
    ORDER BY s.priority DESC LIMIT 1)
UNION SELECT queue FROM waiting WHERE queue IS NOT NULL
UNION SELECT queue FROM executions_steprun WHERE state = 'running' AND organization_id = %(organization_id)s
UNION SELECT name FROM executions_queuesetting WHERE organization_id = %(organization_id)s
UNION SELECT queue FROM executions_queueminute
      WHERE organization_id = %(organization_id)s AND minute_at >= %(since)s
ORDER BY 1 LIMIT %(limit)s
"""


def names(organization_id: UUID, *, now: datetime) -> list[str]:
    """Return the queues that hold something of an organization, have settings or did something within the hour."""
    values = {"organization_id": organization_id, "since": now - HOUR, "limit": MOST_QUEUES}
    with executed(_NAMES, values) as cursor:
        return [row[0] for row in cursor]


# Index: step_run_claim: a count that ends at the bound, and one probe for each priority.
_READY = """
SELECT name,
    (SELECT count(*) FROM (
        SELECT FROM executions_steprun AS s
        WHERE s.state = 'ready' AND s.queue = name AND s.organization_id = %(organization_id)s LIMIT %(most)s
    ) AS counted),
    (SELECT min(head.available_at) FROM generate_series(0, 9) AS level (priority) CROSS JOIN LATERAL (
        SELECT s.available_at FROM executions_steprun AS s
        WHERE s.state = 'ready' AND s.queue = name AND s.organization_id = %(organization_id)s
            AND s.priority = level.priority
        ORDER BY s.available_at LIMIT 1
    ) AS head)
FROM unnest(%(names)s::text[]) AS wanted (name)
"""
# Index: step_run_lease. As many rows as the workers of all have slots.
_RUNNING = """
SELECT queue, count(*) FROM executions_steprun
WHERE state = 'running' AND organization_id = %(organization_id)s GROUP BY queue
"""
# Index: step_run_waiting.
_WAITING = """
SELECT name, reason, counted.rows
FROM unnest(%(names)s::text[]) AS wanted (name) CROSS JOIN unnest(%(reasons)s::text[]) AS why (reason)
CROSS JOIN LATERAL (
    SELECT count(*) AS rows FROM (
        SELECT FROM executions_steprun AS s
        WHERE s.state = 'waiting' AND s.organization_id = %(organization_id)s AND s.queue = name
            AND s.waits_for = reason LIMIT %(most)s
    ) AS rows
) AS counted
WHERE counted.rows > 0
"""


def queues(organization_id: UUID, *, names: Sequence[str], now: datetime) -> list[Queue]:
    """Return what stands in these queues, in their order: nine queries, however many they are."""
    values = {"organization_id": organization_id, "names": list(names), "most": MOST_COUNTED + 1}
    ready, waiting = _ready(values), _waiting(values)
    with executed(_RUNNING, values) as cursor:
        running = dict(cursor.fetchall())
    serving = registry.serving()
    recent, hour = (_rates(organization_id, names, length=length, now=now) for length in (RECENT, HOUR))
    return [
        Queue(
            name=name,
            setting=setting,
            **_bounded(ready[name], waiting[name], now=now),
            running=running.get(name, 0),
            workers=serving.get(name, 0),
            last_5_minutes=recent[name],
            last_hour=hour[name],
        )
        for name, setting in zip(names, _settings(organization_id, names), strict=True)
    ]


def _settings(organization_id: UUID, names: Sequence[str]) -> list[QueueSetting]:
    found = {one.name: one for one in QueueSetting.objects.filter(organization_id=organization_id)}
    return [found.get(name) or QueueSetting(organization_id=organization_id, name=name) for name in names]


def _bounded(ready: _Ready, waiting: dict[str, int], *, now: datetime) -> dict[str, Any]:
    """Return the counts, none above the bound, and whether one has reached it."""
    depth, oldest = ready
    return {
        "depth": min(depth, MOST_COUNTED),
        "is_capped": max(depth, *waiting.values(), 0) > MOST_COUNTED,
        "oldest_ready_at": oldest,
        "oldest_age_seconds": None if oldest is None else max(0.0, (now - oldest).total_seconds()),
        "waiting": {reason: min(count, MOST_COUNTED) for reason, count in waiting.items()},
    }


def _ready(values: dict[str, Any]) -> dict[str, _Ready]:
    with executed(_READY, values) as cursor:
        return {name: (count, oldest) for name, count, oldest in cursor}


def _waiting(values: dict[str, Any]) -> dict[str, dict[str, int]]:
    waiting: dict[str, dict[str, int]] = defaultdict(dict)
    with executed(_WAITING, values | {"reasons": list(WaitsFor.values)}) as cursor:
        for name, reason, count in cursor:
            waiting[name][reason] = count
    return waiting


def _rates(
    organization_id: UUID, names: Sequence[str], *, length: timedelta, now: datetime
) -> dict[str, Rates]:
    """Return the rates since the first whole minute within `length`: the current one counts as far as it is gone."""
    since = (now - length + timedelta(minutes=1)).replace(second=0, microsecond=0)
    elapsed = (now - since) / timedelta(minutes=1)
    sums = minutes.sums(organization_id, queues=names, since=since)
    return {name: _rate(sums.get(name, Sums()), elapsed) for name in names}


def _rate(sums: Sums, elapsed_minutes: float) -> Rates:
    return Rates(
        attempts_per_minute=round(sums.attempts / elapsed_minutes, 2),
        failed_per_minute=round(sums.failed / elapsed_minutes, 2),
        wait_seconds=dict(_percentiles(sums.waits)),
        run_seconds=dict(_percentiles(sums.runs)),
    )


def _percentiles(counts: Sequence[int]) -> Iterator[tuple[str, float | None]]:
    for percent in PERCENTILES:
        found = percentile(counts, percent)
        yield f"p{percent}", None if found is None else found.total_seconds()
