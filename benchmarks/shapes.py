"""Ten steps in sequence and a hundred at once, with full history, beside Celery's chain and group."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

import clock
from benchmarks import costs, seed
from benchmarks.broker import Broker
from benchmarks.figures import Figure, Subject, in_order
from benchmarks.peer_throughput import PEERS
from benchmarks.progress import say
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage
from executions import services, wakeups
from executions.models import Source
from workflows.models import Workflow

POLL_SECONDS = 0.05
COMMITS_OF_A_LOOK = 2  # the organization, by the ORM, and the count
SEQUENCE = 10
WIDTH = 100

_NOOP = {"kind": "task", "task": "benchmarks.noop"}
_RUNNING = "SELECT count(*) FROM executions_execution WHERE organization_id = %s AND state = 'running'"
_SPAN = """
SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8, count(*) FROM executions_steprun
WHERE state = 'completed'
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """A workflow, and what a team without us would send."""

    name: str
    canvas: str  # of `peers.publish`
    steps: tuple[dict[str, Any], ...]
    tasks: int  # of one execution

    def workflow(self) -> Workflow:
        """Return the workflow, made when it is first asked for."""
        return seed.workflow_of(self.canvas, {"steps": list(self.steps)})


SHAPES = (
    Shape(
        f"{SEQUENCE} steps in sequence",
        "chain",
        tuple({"id": f"s{n}", "needs": [f"s{n - 1}"] if n else [], **_NOOP} for n in range(SEQUENCE)),
        SEQUENCE,
    ),
    Shape(
        f"{WIDTH} items at once",
        "group",
        ({"id": "each", "for_each": list(range(WIDTH)), **_NOOP},),
        WIDTH,
    ),
)


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return rates of tasks, not of executions, then costs of one execution."""
    figures: list[Figure] = []
    for shape in SHAPES:
        benchmark = f"throughput of {shape.name}; a worker has concurrency 2"
        count = max(sizes.drained // shape.tasks, 2)
        found = [*_ours(stage, sizes, shape, Subject(benchmark, "Horarium"), count=count)]
        for peer in PEERS:
            found += _theirs(stage, sizes, shape, Subject(benchmark, peer[0]), peer=peer, count=count)
        figures += in_order(found)
    return figures


def _ours(stage: Stage, sizes: Sizes, shape: Shape, subject: Subject, *, count: int) -> Iterator[Figure]:
    seed.reset(stage.database)
    # Wake-ups of an earlier part would count as waiting, and have expired before a worker hears them.
    stage.broker.client.delete(wakeups.broker_queue("default"))
    workflow = shape.workflow()
    causes = [services.Start(workflow=workflow, source=Source.CALL) for _ in range(count)]
    services.start_many(causes, now=clock.now())
    connection.close()
    stage.database.execute("VACUUM ANALYZE executions_execution, executions_steprun, events_event")
    say(f"throughput, Horarium: {shape.name}, {count:,}")
    with costs.counted(stage.database, stage.broker) as cost, stage.platform("worker") as worker:
        wakeups.wake("default", count=2)
        until = time.monotonic() + sizes.drain_wait
        while _running(stage) and time.monotonic() < until:
            cost.commits -= COMMITS_OF_A_LOOK
            time.sleep(POLL_SECONDS)
        cost.commits -= COMMITS_OF_A_LOOK
        worker.check()
    left = _running(stage)
    seconds, _ = stage.database.execute(_SPAN)[0]
    rate = None if left else count * shape.tasks / seconds
    note = f"{left:,} executions not within {sizes.drain_wait:g} s" if left else ""
    yield subject.one("tasks", rate, "1/s", samples=count * shape.tasks, note=note)
    yield from cost.figures(subject, "cost of an execution", count=count)


def _running(stage: Stage) -> int:
    return int(stage.database.value(_RUNNING, seed.organization().pk))


def _theirs(
    stage: Stage,
    sizes: Sizes,
    shape: Shape,
    subject: Subject,
    *,
    peer: tuple[str, str, dict[str, str]],
    count: int,
) -> Iterator[Figure]:
    _, app, changes = peer
    stage.peer_broker.clear()
    stage.peer_database.execute("TRUNCATE django_celery_results_taskresult")
    say(f"throughput, {subject.system}: {shape.canvas} of {shape.tasks}, {count:,}")
    stage.run("-m", "benchmarks.peers.publish", app, str(count), "--canvas", shape.canvas, **changes)
    with (
        costs.counted(stage.peer_database, stage.peer_broker) as cost,
        stage.peer_worker(app, **changes) as worker,
    ):
        began = _begun(stage.peer_broker, within=sizes.drain_wait)
        ended = _empty(stage.peer_broker, within=sizes.drain_wait)
        worker.check()
    rate = count * shape.tasks / (ended - began) if began and ended else None
    note = "" if rate else f"not within {sizes.drain_wait:g} s"
    yield subject.one("tasks", rate, "1/s", samples=count * shape.tasks, note=note)
    yield from cost.figures(subject, "cost of an execution", count=count)


def _begun(broker: Broker, *, within: float) -> float | None:
    """Return when a worker had taken its first message."""
    until = time.monotonic() + within
    while not broker.held():
        if time.monotonic() > until:
            return None
        time.sleep(POLL_SECONDS / 10)
    return time.monotonic()


def _empty(broker: Broker, *, within: float) -> float | None:
    """Return when nothing was left, twice in a row: between two tasks of a chain there may be nothing."""
    until = time.monotonic() + within
    empty = 0
    while empty < 2:
        if time.monotonic() > until:
            return None
        time.sleep(POLL_SECONDS)
        empty = 0 if broker.waiting() else empty + 1
    return time.monotonic() - 2 * POLL_SECONDS
