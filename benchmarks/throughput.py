"""One-step executions with full history: starting, draining, and what each costs."""

import time
from collections.abc import Callable, Iterator

from django.db import connection

import clock
from benchmarks import costs, peer_throughput, seed
from benchmarks.figures import Figure, Subject, in_order
from benchmarks.progress import say
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage
from executions import services, wakeups
from executions.models import Source

BENCHMARK = "throughput of one-step executions; a worker has concurrency 2"
BATCH = 100  # executions per call of start_many
WARM = 10  # executions started before a clock starts
POLL_SECONDS = 0.25
RAMP = 10  # drains: the first tenth is not counted

_RUNNING = "SELECT count(*) FROM executions_execution WHERE organization_id = %s AND state = 'running'"
_FINISHED = """
SELECT extract(epoch FROM finished_at)::float8 FROM executions_execution
WHERE state = 'completed' ORDER BY finished_at
"""


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return rates first, then costs."""
    subject = Subject(BENCHMARK, "Horarium")
    seed.reset(stage.database)
    _start_one_by_one(WARM)
    figures = [
        *_starting(stage, subject, sizes),
        *_draining(stage, subject, sizes),
        *costs.statements(subject),
        *peer_throughput.measure(stage, sizes, benchmark=BENCHMARK),
    ]
    return in_order(figures)


def _starting(stage: Stage, subject: Subject, sizes: Sizes) -> Iterator[Figure]:
    for name, start, count in (
        ("start", _start_one_by_one, sizes.starts),
        (f"start, in batches of {BATCH}", _start_in_batches, sizes.batched),
    ):
        say(f"throughput, Horarium: {name}, {count:,}")
        seed.reset(stage.database)
        with costs.counted(stage.database, stage.broker) as cost:
            began = time.perf_counter()
            start(count)
            seconds = time.perf_counter() - began
            connection.close()  # a session's commits are counted when it ends
        yield subject.one(name, count / seconds, "1/s", samples=count)
        yield from cost.figures(subject, f"cost of a {name}", count=count)


def _start_one_by_one(count: int) -> None:
    workflow = seed.noop()
    for _ in range(count):
        services.start(services.Start(workflow=workflow, source=Source.CALL), now=clock.now())


def _start_in_batches(count: int) -> None:
    workflow = seed.noop()
    for _ in range(0, count, BATCH):
        causes = [services.Start(workflow=workflow, source=Source.CALL) for _ in range(BATCH)]
        services.start_many(causes, now=clock.now())


def _draining(stage: Stage, subject: Subject, sizes: Sizes) -> Iterator[Figure]:
    """Yield the rate from the tenth of all executions that a started worker has finished to the last."""
    seed.reset(stage.database)
    _start_in_batches(sizes.drained)
    connection.close()
    stage.database.execute("VACUUM ANALYZE executions_execution, executions_steprun, events_event")
    say(f"throughput, Horarium: drain, {sizes.drained:,}")
    with costs.counted(stage.database, stage.broker) as cost, stage.platform("worker") as worker:
        wakeups.wake("default", count=2)
        polls = _until(lambda: _running(stage) == 0, within=sizes.drain_wait)
        worker.check()
    cost.commits -= polls
    done = [row[0] for row in stage.database.execute(_FINISHED)]
    skipped = len(done) // RAMP
    whole = len(done) == sizes.drained
    rate = (len(done) - 1 - skipped) / (done[-1] - done[skipped]) if whole else None
    note = "" if whole else f"{len(done):,} within {sizes.drain_wait:g} s"
    yield subject.one("drain", rate, "1/s", samples=len(done) - skipped, note=note)
    yield from cost.figures(subject, "cost of a drain", count=max(len(done), 1))


def _running(stage: Stage) -> int:
    return int(stage.database.value(_RUNNING, seed.organization().pk))


def _until(look: Callable[[], bool], *, within: float) -> int:
    """Wait until `look` is true or so many seconds are over; return how often it was called."""
    until = time.monotonic() + within
    calls = 1
    while not look() and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
        calls += 1
    return calls
