"""Events as fast as they are answered, beside ever more triggers, each event wanted by exactly one."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import cast, processor, seed, senders, triggered
from benchmarks.cast import Cast
from benchmarks.figures import Figure, Subject
from benchmarks.progress import say
from benchmarks.senders import BATCH, Load
from benchmarks.sizes import Sizes
from benchmarks.stage import CONCURRENCY, Stage

WORKERS = 2
POLL_SECONDS = 0.02
TARGET = "target: 300"

_WAITING = "SELECT EXISTS (SELECT FROM events_dispatch)"
_RUNNING = "SELECT EXISTS (SELECT FROM executions_execution WHERE state IN ('pending', 'running'))"
_STARTED = """
SELECT count(*), extract(epoch FROM max(x.created_at))::float8
FROM executions_execution AS x JOIN events_event AS e ON e.id = x.event_id
WHERE nullif(split_part(e.external_id, '-', 1), '')::bigint >= %s
"""


@dataclass(frozen=True, slots=True)
class Play:
    """How many triggers there are, what tells them apart, and how events are sent."""

    triggers: int
    is_typed: bool
    is_batched: bool

    def __str__(self) -> str:
        apart = "of a type each" if self.is_typed else "by a filter"
        return f"{self.triggers:,} triggers {apart}, {f'{BATCH} events' if self.is_batched else 'one event'} a request"

    def warming(self, players: Cast) -> Load:
        """Return what is sent before the clock starts."""
        return self._load(players, requests=5 if self.is_batched else 200)

    def load(self, players: Cast, sizes: Sizes) -> Load:
        """Return what is sent: single events for some seconds, or a number of batches."""
        if self.is_batched:
            return self._load(players, requests=sizes.event_batches)
        return self._load(players, seconds=sizes.event_load)

    def _load(self, players: Cast, *, requests: int = 0, seconds: float = 0) -> Load:
        return Load(
            port=players.port,
            kind="batch" if self.is_batched else "event",
            key=players.key,
            connections=2 if self.is_batched else 8,
            requests=requests,
            seconds=seconds,
            spread=self.triggers,
            is_typed=self.is_typed,
        )


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return what was accepted, started and run in a second, for each number and kind of triggers."""
    subject = Subject(
        f"events sustained, one web process, {WORKERS} workers of concurrency {CONCURRENCY}", "Horarium"
    )
    plays = [
        Play(triggers, is_typed, is_batched)
        for is_typed in (True, False)
        for triggers in sizes.event_triggers
        for is_batched in (False, True)
    ]
    return [figure for play in plays for figure in _figures(stage, subject, play, sizes)]


def _figures(stage: Stage, subject: Subject, play: Play, sizes: Sizes) -> Iterator[Figure]:
    say(f"events sustained: {play}")
    seed.reset(stage.database)
    triggered.triggers(stage.database, seed.noop(), play.triggers, is_typed=play.is_typed)
    with cast.playing(stage, workers=WORKERS) as players:
        senders.run(stage, play.warming(players))
        _until_none(stage, _RUNNING, within=sizes.event_wait)
        with processor.used(players.pids(stage)) as used:
            sent = senders.run(stage, play.load(players, sizes))
            _until_none(stage, _WAITING, within=sizes.event_wait)
            is_run = _until_none(stage, _RUNNING, within=sizes.event_wait)
            run_seconds = time.time() - sent.sent_ns[0] / 1e9
    events = len(sent.sent_ns) * (BATCH if play.is_batched else 1)
    started, last_at = stage.database.execute(_STARTED, sent.sent_ns[0])[0]
    yield subject.one(f"{play}: accepted", events / sent.took_seconds, "1/s", samples=events)
    start_seconds = last_at - sent.sent_ns[0] / 1e9
    lost = f"; {events - started:,} not within {sizes.event_wait:g} s" if started < events else ""
    yield subject.one(f"{play}: started", started / start_seconds, "1/s", samples=started, note=TARGET + lost)
    rate = events / run_seconds if is_run and not lost else None
    yield subject.one(f"{play}: run to their end", rate, "1/s", samples=events, note=used.each(events))


def _until_none(stage: Stage, question: str, *, within: float) -> bool:
    """Return whether the answer became no within so many seconds."""
    until = time.monotonic() + within
    while stage.database.value(question):
        if time.monotonic() > until:
            return False
        time.sleep(POLL_SECONDS)
    return True
