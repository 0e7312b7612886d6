"""Ten thousand schedules due in the same second: recorded by one beat and by two, and run."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import stamps
from benchmarks.figures import Figure, Subject
from benchmarks.horarium import Horarium
from benchmarks.processes import Running
from benchmarks.progress import say
from benchmarks.seed import stamp
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage
from executions.admitting.overlap import OverlapPolicy

POLL_SECONDS = 0.01
READY_SECONDS = 60.0  # longest wait for every process

# Index: schedule_due (next_due_at, id) where active. Nothing is due any more once the last batch has committed.
_LEFT = "SELECT min(next_due_at) <= to_timestamp(%s) FROM schedules_schedule WHERE state = 'active'"
_RECORDED = "SELECT count(*) FROM executions_execution WHERE fire_at = to_timestamp(%s)"
_LISTENING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'horarium-beat-listen'"


@dataclass(frozen=True, slots=True)
class Play:
    """Who takes part."""

    beats: int
    has_worker: bool = False
    overlap: str = OverlapPolicy.SKIP

    def __str__(self) -> str:
        beats = f"{self.beats} beat{'s' if self.beats > 1 else ''}"
        return f"{beats}, {self.overlap}{', one worker' if self.has_worker else ''}"


PLAYS = (
    Play(1),
    Play(2),
    Play(1, overlap=OverlapPolicy.ALLOW_ALL),
    Play(1, has_worker=True),
    Play(2, has_worker=True),
)
Moments = dict[str, list[float]]


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return the figures of each cast; each round starts its processes anew."""
    subject = Subject(f"burst: {sizes.flood:,} schedules due in the same second", Horarium.system)
    return [figure for play in PLAYS for figure in _figures(stage, subject, play, sizes)]


def _figures(stage: Stage, subject: Subject, play: Play, sizes: Sizes) -> Iterator[Figure]:
    found: Moments = {}
    for number in range(sizes.flood_rounds):
        say(f"burst of {sizes.flood:,}: {play}, round {number + 1} of {sizes.flood_rounds}")
        for name, seconds in _moments(stage, play, sizes):
            found.setdefault(name, []).append(seconds)
    recorded = found.get("all recorded", [])
    yield subject.many(f"{play}: all recorded", recorded, "s", note=_lost(recorded, sizes))
    rates = [sizes.flood / seconds for seconds in recorded]
    target = "target: at least 3,000" if play == PLAYS[0] else ""
    yield subject.many(f"{play}: fires recorded", rates, "1/s", note=target)
    if play.has_worker:
        begun = found.get("all begun", [])
        yield subject.many(f"{play}: all begun, first line of the task", begun, "s", note=_lost(begun, sizes))


def _lost(reached: list[float], sizes: Sizes) -> str:
    lost = sizes.flood_rounds - len(reached)
    return f"{lost} rounds not within {sizes.flood_wait:g} s" if lost else ""


def _moments(stage: Stage, play: Play, sizes: Sizes) -> Iterator[tuple[str, float]]:
    """Yield what was reached, in seconds after the instant."""
    side = Horarium(stage, workflow=stamp())
    side.seed(10)
    stamps.clear()
    with _cast(stage, play):
        at = float(int(time.time() + sizes.flood_lead) + 1)
        side.add("burst-", sizes.flood, first_at=at, apart=0, overlap=play.overlap)
        side.analyze()
        time.sleep(max(at - time.time(), 0))
        until = at + sizes.flood_wait
        if (recorded := _all_recorded(stage, at, sizes, until=until)) is not None:
            yield "all recorded", recorded - at
        if play.has_worker and stamps.wait_for(sizes.flood + 1, within=until - time.time()):
            yield "all begun", max(begun for _, begun in stamps.read()) / 1e9 - at


@contextlib.contextmanager
def _cast(stage: Stage, play: Play) -> Iterator[None]:
    """Run beats and worker; the block begins when each of them is at work."""
    with contextlib.ExitStack() as stack:
        cast = [
            stack.enter_context(stage.platform("beat", number=number + 1)) for number in range(play.beats)
        ]
        if play.has_worker:
            cast.append(stack.enter_context(stage.platform("worker")))
        _await(stage, play)
        _check(cast)
        yield
        _check(cast)


def _await(stage: Stage, play: Play) -> None:
    until = time.monotonic() + READY_SECONDS
    while stage.database.value(_LISTENING) < play.beats and time.monotonic() < until:
        time.sleep(0.1)
    if play.has_worker:
        stamps.wait_for(1, within=READY_SECONDS)


def _check(cast: list[Running]) -> None:
    for process in cast:
        process.check()


def _all_recorded(stage: Stage, at: float, sizes: Sizes, *, until: float) -> float | None:
    """Return when another session first saw every schedule fired and advanced, or None."""
    while stage.database.value(_LEFT, at):
        if time.time() > until:
            return None
        time.sleep(POLL_SECONDS)
    seen_at = time.time()
    return seen_at if stage.database.value(_RECORDED, at) == sizes.flood else None
