"""Celery's enqueue and drain of empty tasks: bare, and with results in the same PostgreSQL."""

import time
from collections.abc import Iterator

from benchmarks import costs
from benchmarks.broker import Broker
from benchmarks.figures import Figure, Subject
from benchmarks.progress import say
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage

POLL_SECONDS = 0.02
RAMP = 10  # drains: the first tenth is not counted

PEERS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("Celery", "bare", {}),
    ("Celery + results in DB", "stock", {"PEER_RESULTS": "default"}),
    ("Celery + results in DB, kept", "stock", {"PEER_RESULTS": "kept"}),
)


def measure(stage: Stage, sizes: Sizes, *, benchmark: str) -> Iterator[Figure]:
    """Yield the figures of each peer; "kept" keeps its database connection, by CELERY_DB_REUSE_MAX."""
    for system, app, changes in PEERS:
        subject = Subject(benchmark, system)
        stage.peer_broker.clear()
        stage.peer_database.execute("TRUNCATE django_celery_results_taskresult")
        yield _enqueue(stage, subject, app, changes, count=sizes.drained)
        yield from _drain(stage, subject, app, changes, sizes)


def _enqueue(stage: Stage, subject: Subject, app: str, changes: dict[str, str], *, count: int) -> Figure:
    say(f"throughput, {subject.system}: enqueue, {count:,}")
    each = float(stage.run("-m", "benchmarks.peers.publish", app, str(count), **changes))
    return subject.one("start", 1 / each, "1/s", samples=count)


def _drain(
    stage: Stage, subject: Subject, app: str, changes: dict[str, str], sizes: Sizes
) -> Iterator[Figure]:
    say(f"throughput, {subject.system}: drain, {sizes.drained:,}")
    ramp = sizes.drained // RAMP
    with (
        costs.counted(stage.peer_database, stage.peer_broker) as cost,
        stage.peer_worker(app, **changes) as worker,
    ):
        first = _left(stage.peer_broker, sizes.drained - ramp, within=sizes.drain_wait)
        last = _left(stage.peer_broker, 0, within=sizes.drain_wait)
        worker.check()
    rate = (sizes.drained - ramp) / (last - first) if first and last else None
    note = "" if rate else f"not within {sizes.drain_wait:g} s"
    yield subject.one("drain", rate, "1/s", samples=sizes.drained - ramp, note=note)
    yield from cost.figures(subject, "cost of a drain", count=sizes.drained)


def _left(broker: Broker, wanted: int, *, within: float) -> float | None:
    """Return when at most `wanted` messages were left, or None after so many seconds."""
    until = time.monotonic() + within
    while broker.waiting() > wanted:
        if time.monotonic() > until:
            return None
        time.sleep(POLL_SECONDS)
    return time.monotonic()
