"""Beat among 1,000 to 1,000,000 active schedules of its own: what it holds, what it uses, what a pass costs."""

import time
from collections.abc import Iterator

from benchmarks import passes, usage
from benchmarks.figures import Figure, Subject
from benchmarks.horarium import Horarium
from benchmarks.processes import Running
from benchmarks.progress import say
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage

MINUTE = 60.0
AFTER_MINUTE = 8.0  # seconds in which beat has fired what is due on the minute
FLAT = "; target: as with the fewest"

_FIRED = "SELECT count(*) FROM executions_execution WHERE fire_at > to_timestamp(%s)"


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return the figures of each number of schedules in turn."""
    return [figure for rows in sizes.scale_rows for figure in _measure(stage, rows, sizes)]


def _measure(stage: Stage, rows: int, sizes: Sizes) -> Iterator[Figure]:
    subject = Subject(f"scale, {rows:,} active schedules", Horarium.system)
    say(f"{subject.benchmark}: inserting")
    side = Horarium(stage)
    side.seed_mixed(rows)
    yield from _beat(stage, subject, side, sizes)
    yield from passes.measure(stage, subject, side, sizes)


def _beat(stage: Stage, subject: Subject, side: Horarium, sizes: Sizes) -> Iterator[Figure]:
    say(f"{subject.benchmark}: starting beat")
    with side.running() as process:
        first = (fire for fire in side.arrivals(within=sizes.beat_start) if fire.name == "first1")
        seconds = time.monotonic() - process.began if next(first, None) else None
        process.check()
        yield subject.one("start-up to the first fire", seconds, "s")
        _between_minutes(sizes.beat_idle)
        say(f"{subject.benchmark}: idle for {sizes.beat_idle:g} s")
        yield from usage.idle(subject, process, seconds=sizes.beat_idle, note=FLAT)
        yield from _own_fires(stage, subject, process, sizes)
        process.check()


def _own_fires(stage: Stage, subject: Subject, process: Running, sizes: Sizes) -> Iterator[Figure]:
    """Yield what a minute of the schedules' own times costs; they are due on whole minutes."""
    say(f"{subject.benchmark}: its own fires, for {sizes.scale_trickle:g} s")
    began = time.time()
    share, over = usage.cpu_share(process, seconds=sizes.scale_trickle)
    fired = stage.database.value(_FIRED, began)
    yield subject.one("CPU with its own fires", share, "%", note=f"{fired:,} fires in {over:.0f} s")
    yield from usage.memory(subject, process, when=", after them")
    yield subject.one("memory, peak resident", process.peak_memory(), "MiB")


def _between_minutes(seconds: float) -> None:
    """Wait until so many seconds will pass in which nothing is due."""
    since = time.time() % MINUTE
    if since + seconds > MINUTE:
        time.sleep(MINUTE - since + AFTER_MINUTE)
    else:
        time.sleep(max(AFTER_MINUTE - since, 0))
