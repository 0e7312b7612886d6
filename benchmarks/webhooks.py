"""A signed delivery to a webhook until it is answered 202, its execution started."""

from collections.abc import Iterator
from functools import partial

from benchmarks import cast, processor, seed, senders, triggered
from benchmarks.figures import Figure, Subject
from benchmarks.progress import say
from benchmarks.senders import Load
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage

RATE = 50  # deliveries in a second
SIZE = 1_000  # bytes of a body, and a few
CONNECTIONS = 10
WARM_SECONDS = 2
TARGET = "target: p99 20 ms"


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return how long an answer takes at a steady pace, and how many are given in a second."""
    seed.reset(stage.database)
    token, secret = triggered.webhook(seed.noop())
    with cast.playing(stage, workers=1) as players:
        load = partial(
            Load,
            port=players.port,
            kind="delivery",
            key=secret,
            hook=token,
            connections=CONNECTIONS,
            size=SIZE,
        )
        pids = players.pids(stage)
        senders.run(stage, load(rate=RATE, requests=RATE * WARM_SECONDS))
        say(f"webhooks: {RATE} a second for {sizes.event_seconds:g} s")
        with processor.used(pids) as used:
            sent = senders.run(stage, load(rate=RATE, requests=int(RATE * sizes.event_seconds)))
        figures = [*_paced(sent, used)]
        say(f"webhooks: as fast as answered for {sizes.event_load:g} s")
        with processor.used(pids) as used:
            sent = senders.run(stage, load(seconds=sizes.event_load))
        return [*figures, *_at_once(sent, used)]


def _subject(how: str) -> Subject:
    return Subject(f"webhook of 1 kB, signed, {how}; one web process and one worker", "Horarium")


def _paced(sent: senders.Sent, used: processor.Used) -> Iterator[Figure]:
    subject = _subject(f"{RATE} a second")
    late = f"; {sent.late} left over 5 ms late" if sent.late else ""
    yield subject.many("until answered 202", sent.answered_ms, "ms", note=f"{TARGET}; {used.shares()}{late}")


def _at_once(sent: senders.Sent, used: processor.Used) -> Iterator[Figure]:
    subject = _subject(f"{CONNECTIONS} at a time, as fast as answered")
    count = len(sent.sent_ns)
    yield subject.one("answered 202", count / sent.took_seconds, "1/s", samples=count, note=used.each(count))
    yield subject.many("until answered 202", sent.answered_ms, "ms")
