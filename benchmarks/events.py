"""From sending an event by HTTP to the first line of the step that it starts, at a steady pace."""

from collections.abc import Iterator

from benchmarks import cast, processor, seed, senders, stamps, triggered
from benchmarks.figures import Figure, Subject
from benchmarks.progress import say
from benchmarks.senders import Load
from benchmarks.sizes import Sizes
from benchmarks.stage import CONCURRENCY, Stage

WORKERS = {10: 1, 100: 2}  # at so many events a second
CONNECTIONS = 16
WARM_SECONDS = 2.0
TARGET = 100  # events a second at which p99 is to be below 30 ms

# An event's id begins with the time of sending; both clocks are this machine's.
_AFTER = """
SELECT (1000 * extract(epoch FROM {instant}) - nullif(split_part(e.external_id, '-', 1), '')::numeric / 1000000)::float8
FROM executions_execution AS x JOIN events_event AS e ON e.id = x.event_id
JOIN executions_steprun AS r ON r.execution_id = x.id
WHERE e.source = '/bench' AND nullif(split_part(e.external_id, '-', 2), '')::int >= %s
"""
_RECORDED = _AFTER.format(instant="x.created_at")
_CLAIMED = _AFTER.format(instant="r.started_at")


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return the figures of each rate."""
    return [figure for rate in sizes.event_rates for figure in _at(stage, sizes, rate=rate)]


def _at(stage: Stage, sizes: Sizes, *, rate: int) -> Iterator[Figure]:
    workers = WORKERS.get(rate, 2)
    subject = Subject(
        f"latency of an event at {rate} a second, one web process, {workers} worker{'s' if workers > 1 else ''} "
        f"of concurrency {CONCURRENCY}",
        "Horarium",
    )
    warm = int(rate * WARM_SECONDS)
    total = warm + int(rate * sizes.event_seconds)
    seed.reset(stage.database)
    stamps.clear()
    triggered.triggers(stage.database, seed.stamp(), 1, is_typed=False)
    with cast.playing(stage, workers=workers) as players:
        say(f"events: {total} at {rate} a second")
        load = Load(
            port=players.port,
            kind="event",
            key=players.key,
            connections=CONNECTIONS,
            rate=rate,
            requests=total,
        )
        with processor.used(players.pids(stage)) as used:
            sent = senders.run(stage, load)
        stamps.wait_for(total, within=10)
    note = f"{sent.late} left over 5 ms late" if sent.late else ""
    yield subject.many("POST, until it has answered", sent.answered_ms[warm:], "ms", note=note)
    for measure_, statement in (("recorded: created_at", _RECORDED), ("claimed by a worker", _CLAIMED)):
        found = [row[0] for row in stage.database.execute(statement, warm)]
        yield subject.many(
            f"event sent to execution {measure_}", found, "ms", note=_missing(found, total - warm)
        )
    begun = [(at - sent_ns) / 1e6 for sent_ns, at in stamps.read()[warm:]]
    target = "target: p99 30 ms; " if rate == TARGET else ""
    yield subject.many("event sent to first line of its step", begun, "ms", note=target + used.shares())


def _missing(found: list[float], wanted: int) -> str:
    return f"{wanted - len(found)} not within 10 s" if len(found) < wanted else ""
