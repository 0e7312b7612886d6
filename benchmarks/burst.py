"""Many schedules due at the same instant: until all are recorded, until all have started."""

import time
from collections.abc import Callable, Iterator

from benchmarks import stamps
from benchmarks.figures import Figure, Subject, in_order
from benchmarks.horarium import Horarium
from benchmarks.progress import say
from benchmarks.seed import stamp
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage
from benchmarks.stock import Stock

POLL_SECONDS = 0.005
READY_SECONDS = 60.0  # longest wait for beat and worker
Moment = tuple[str, float | None]  # measure, seconds after the instant; None when not reached

# Visible rows only: both grow when a transaction commits.
_RECORDED = """
SELECT count(*) FROM executions_execution AS e JOIN schedules_schedule AS s ON s.id = e.schedule_id
WHERE s.name LIKE 'burst-%%' AND e.created_at > to_timestamp(%s)
"""
_STARTED = """
SELECT count(r.started_at), extract(epoch FROM max(r.started_at))::float8
FROM executions_steprun AS r JOIN executions_execution AS e ON e.id = r.execution_id
JOIN schedules_schedule AS s ON s.id = e.schedule_id
WHERE s.name LIKE 'burst-%%'
"""


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return the figures of both systems; each round starts its processes anew."""
    benchmark = f"burst: {sizes.burst:,} schedules due at once, one worker of concurrency 2"
    figures: list[Figure] = []
    for subject, play in (
        (Subject(benchmark, Horarium.system), _horarium),
        (Subject(benchmark, Stock.system), _stock),
    ):
        moments: dict[str, list[float | None]] = {}
        for number in range(sizes.burst_rounds):
            say(f"burst, {subject.system}: round {number + 1} of {sizes.burst_rounds}")
            for name, seconds in play(stage, sizes):
                moments.setdefault(name, []).append(seconds)
        figures += [_figure(subject, name, rounds, sizes) for name, rounds in moments.items()]
    return in_order(figures)


def _figure(subject: Subject, name: str, rounds: list[float | None], sizes: Sizes) -> Figure:
    reached = [seconds for seconds in rounds if seconds is not None]
    lost = len(rounds) - len(reached)
    note = f"{lost} rounds not within {sizes.burst_wait:g} s" if lost else ""
    return subject.many(name, reached, "s", note=note)


def _horarium(stage: Stage, sizes: Sizes) -> Iterator[Moment]:
    side = Horarium(stage, workflow=stamp())
    side.seed(10)
    stamps.clear()
    with side.running() as beat, stage.platform("worker") as worker:
        _until(lambda: stamps.count() >= 1, within=READY_SECONDS)
        at = time.time() + sizes.burst_lead
        side.add("burst-", sizes.burst, first_at=at, apart=0)
        time.sleep(max(at - time.time(), 0))
        recorded = _until(
            lambda: stage.database.value(_RECORDED, at - 1) >= sizes.burst, within=sizes.burst_wait
        )
        ran = _all_ran(sizes)
        beat.check()
        worker.check()
    started, last = stage.database.execute(_STARTED)[0]
    yield "all recorded (theirs: sent)", recorded and recorded - at
    yield "all started, steprun.started_at", last - at if started == sizes.burst else None
    yield from _ran(ran, at)


def _stock(stage: Stage, sizes: Sizes) -> Iterator[Moment]:
    side = Stock(stage, task="benchmarks.stamp")
    side.seed(10)
    with side.running() as beat:
        _until(lambda: stage.peer_broker.waiting() >= 1, within=READY_SECONDS)
        at = time.time() + sizes.burst_lead
        side.add("burst-", sizes.burst, first_at=at, apart=0)
        time.sleep(max(at - time.time(), 0))
        sent = _until(lambda: stage.peer_broker.waiting() > sizes.burst, within=sizes.burst_wait)
        beat.check()
    yield "all recorded (theirs: sent)", sent and sent - at
    yield from _stock_runs(stage, side, sizes)


def _stock_runs(stage: Stage, side: Stock, sizes: Sizes) -> Iterator[Moment]:
    """Play once more, with the worker that takes messages away before they could be counted."""
    side.seed(10)
    stamps.clear()
    with side.running() as beat, stage.peer_worker("stock") as worker:
        _until(lambda: stamps.count() >= 1, within=READY_SECONDS)
        at = time.time() + sizes.burst_lead
        side.add("burst-", sizes.burst, first_at=at, apart=0)
        time.sleep(max(at - time.time(), 0))
        ran = _all_ran(sizes)
        beat.check()
        worker.check()
    yield from _ran(ran, at)


def _all_ran(sizes: Sizes) -> bool:
    return stamps.wait_for(sizes.burst + 1, within=sizes.burst_wait)


def _ran(complete: bool, at: float) -> Iterator[Moment]:  # noqa: FBT001
    last = max(begun for _, begun in stamps.read()) / 1e9 - at if complete else None
    yield "all begun, first line of the task", last


def _until(look: Callable[[], bool], *, within: float) -> float | None:
    """Return the time at which `look` was first true, or None after so many seconds."""
    until = time.time() + within
    while not look():
        if time.time() > until:
            return None
        time.sleep(POLL_SECONDS)
    return time.time()
