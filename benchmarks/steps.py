"""From the end of a step to the start of the next, and from a start to its first step, at a steady pace."""

import time
from collections.abc import Iterator
from itertools import pairwise

import clock
from benchmarks import seed, stamps
from benchmarks.figures import Figure, Subject
from benchmarks.progress import say
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage
from executions import services
from executions.models import Source

STEPS = 3
READY_SECONDS = 60.0

# A step ends when its finish is written; the next begins when a worker holds it, and has begun when its code runs.
_GAPS = """
SELECT 1000 * extract(epoch FROM following.started_at - before.finished_at)::float8
FROM executions_steprun AS before JOIN executions_steprun AS following USING (execution_id)
WHERE following.step = 's' || (substr(before.step, 2)::int + 1)
"""


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return the figures for each rate."""
    return [figure for rate in sizes.step_rates for figure in _at(stage, sizes, rate=rate)]


def _at(stage: Stage, sizes: Sizes, *, rate: int) -> Iterator[Figure]:
    subject = Subject(
        f"steps at {rate} executions of {STEPS} a second, one worker of concurrency 2", "Horarium"
    )
    say(f"steps: {sizes.step_starts} executions at {rate} a second")
    seed.reset(stage.database)
    stamps.clear()
    with stage.platform("worker") as worker:
        _start(1, rate=rate)
        stamps.wait_for(STEPS, within=READY_SECONDS)
        stamps.clear()
        seed.reset(stage.database)
        _start(sizes.step_starts, rate=rate)
        stamps.wait_for(STEPS * sizes.step_starts, within=30)
        worker.check()
    begun = stamps.read()
    first = [(at - sent) / 1e6 for sent, at in begun[::STEPS]]
    chained = [(later - at) / 1e6 for at, later in _following([at for _, at in begun])]
    yield subject.many("services.start to the first line of the first step", first, "ms")
    yield subject.many("first line of a step to the first line of the next", chained, "ms")
    gaps = [row[0] for row in stage.database.execute(_GAPS)]
    yield subject.many("end of a step, as recorded, to the claim of the next", gaps, "ms")


def _following(begun: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the beginnings of each two steps of one execution that follow each other."""
    for place in range(0, len(begun) - STEPS + 1, STEPS):
        own = sorted(begun[place : place + STEPS])
        yield from pairwise(own)


def _start(count: int, *, rate: int) -> None:
    step = {"kind": "task", "task": "benchmarks.stamp", "args": ["${{ input.sent_ns }}"]}
    steps = [{"id": f"s{n}", "needs": [f"s{n - 1}"] if n else [], **step} for n in range(STEPS)]
    workflow = seed.workflow_of("stamps", {"steps": steps})
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(began + number / rate - time.monotonic(), 0))
        cause = services.Start(workflow=workflow, source=Source.CALL, input={"sent_ns": str(time.time_ns())})
        services.start(cause, now=clock.now())
