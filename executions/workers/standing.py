"""What workers do just now."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from executions.models import WorkerNode
from executions.workers.registry import LIVE
from organizations.statements import executed

MOST_STEPS = 1_000  # of one answer


@dataclass(frozen=True, slots=True)
class RunningStep:
    """A step run that a worker holds."""

    id: UUID
    execution_id: UUID
    workflow_name: str
    step: str
    queue: str
    attempt: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A worker with what it runs: the number for everybody, the steps of one organization."""

    worker: WorkerNode
    state: str
    running: int = 0
    steps: list[RunningStep] = field(default_factory=list)


# A step run's `worker` is the name of the worker and the number of the pool process.
# Index: step_run_lease. As many rows as the workers have slots.
_RUNNING = """
SELECT regexp_replace(worker, ':[0-9]+$', ''), count(*) FROM executions_steprun
WHERE state = 'running' GROUP BY 1
"""
_STEPS = """
SELECT regexp_replace(s.worker, ':[0-9]+$', ''), s.id, s.execution_id, w.name, s.step, s.queue, s.attempt,
    s.started_at
FROM executions_steprun AS s
JOIN executions_execution AS e ON e.id = s.execution_id JOIN workflows_workflow AS w ON w.id = e.workflow_id
WHERE s.state = 'running' AND s.organization_id = %s
ORDER BY s.started_at, s.id LIMIT %s
"""


def standings(
    workers: Sequence[WorkerNode], *, now: datetime, organization_id: UUID | None = None
) -> list[Standing]:
    """Return what the workers do, in their order, with the steps of one organization, if one is given."""
    with executed(_RUNNING) as cursor:
        running = dict(cursor.fetchall())
    steps = _steps(organization_id) if organization_id else {}
    return [
        Standing(
            worker,
            state_of(worker, running=running.get(worker.pk, 0), now=now),
            running.get(worker.pk, 0),
            steps.get(worker.pk, []),
        )
        for worker in workers
    ]


def state_of(worker: WorkerNode, *, running: int, now: datetime) -> str:
    """Return in one word how a worker is."""
    if worker.stopped_at is not None:
        return "stopped"
    if now - worker.seen_at > LIVE:
        return "silent"
    if worker.drain_requested_at is not None:
        return "draining" if running else "drained"
    return "overloaded" if worker.is_overloaded else "active"


def _steps(organization_id: UUID) -> dict[str, list[RunningStep]]:
    steps: dict[str, list[RunningStep]] = defaultdict(list)
    with executed(_STEPS, [organization_id, MOST_STEPS]) as cursor:
        for name, *columns in cursor:
            steps[name].append(RunningStep(*columns))
    return steps
