"""One pass of beat and its outlook, called in this process."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import seed
from benchmarks.figures import Figure, Subject
from benchmarks.horarium import Horarium
from benchmarks.progress import say
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage
from schedules import fire, queries
from schedules.models import Schedule

WARM = 10  # passes before the clock counts: statements are prepared, caches filled


def measure(stage: Stage, subject: Subject, side: Horarium, sizes: Sizes) -> Iterator[Figure]:
    """Yield the time of a pass with nothing and with one schedule due, and of the outlook, in milliseconds."""
    say(f"{subject.benchmark}: {sizes.scale_passes} passes")
    side.add("one-", 1, first_at=time.time() + seed.FAR.total_seconds(), apart=0)
    yield subject.many("pass, nothing due", _passes(sizes, taken=0), "ms")
    ready = partial(seed.make_due, stage.database, Schedule.objects.get(name="one-1").pk)
    yield subject.many("pass, one due", _passes(sizes, taken=1, ready=ready), "ms")
    yield subject.many("outlook", [_spent(queries.outlook) for _ in range(sizes.scale_passes)][WARM:], "ms")


def _passes(sizes: Sizes, *, taken: int, ready: Callable[[], None] = lambda: None) -> list[float]:
    """Return how long each pass took that found exactly `taken`; others fell on a whole minute."""
    while fire.fire_due().taken:
        pass
    spent = []
    for _ in range(sizes.scale_passes):
        ready()
        began = time.perf_counter()
        done = fire.fire_due()
        seconds = time.perf_counter() - began
        if done.taken == taken:
            spent.append(seconds * 1_000)
    return spent[WARM:]


def _spent(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000
