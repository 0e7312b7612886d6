"""What an execution costs the servers: commits, write-ahead log, broker commands, statements."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import psycopg

import clock
from benchmarks import seed, tasks
from benchmarks.broker import Broker
from benchmarks.database import Database
from benchmarks.figures import Figure, Subject
from executions import services
from executions.models import Source
from executions.running import worker

SETTLE_SECONDS = 0.5  # an ended session's counts appear a moment later
STATEMENTS_OF = 50  # executions whose statements are counted


@dataclass(slots=True)
class Cost:
    """What a block of work did."""

    commits: int = 0
    wal_bytes: int = 0
    commands: int = 0

    def figures(self, subject: Subject, what: str, *, count: int) -> Iterator[Figure]:
        """Yield the cost of each of `count` pieces of work."""
        for name, total, unit in (
            ("commits", self.commits, ""),
            ("WAL", self.wal_bytes, "bytes"),
            ("broker commands", self.commands, ""),
        ):
            yield subject.one(f"{what}: {name}", total / count, unit, samples=count)


@contextlib.contextmanager
def counted(database: Database, broker: Broker) -> Iterator[Cost]:
    """Count what the block does. Sessions have to end in it for their commits to count."""
    cost = Cost()
    time.sleep(SETTLE_SECONDS)
    database.checkpoint()
    before, commands = database.counters(), broker.commands()
    yield cost
    time.sleep(SETTLE_SECONDS)
    done = database.counters() - before
    cost.commits, cost.wal_bytes = done.commits, done.wal_bytes
    cost.commands = broker.commands() - commands


def statements(subject: Subject) -> Iterator[Figure]:
    """Yield statements per execution, BEGIN and COMMIT left out, counted in this process."""
    workflow = seed.noop()

    def start() -> None:
        for _ in range(STATEMENTS_OF):
            services.start(services.Start(workflow=workflow, source=Source.CALL), now=clock.now())

    yield _statements(subject, "cost of a start: statements", start)
    yield _statements(subject, "cost of a drain: statements", _drain)


def _drain() -> None:
    assert tasks.noop.name  # imported, so that this process can run what it claims
    until = time.monotonic() + 30
    while worker.drain("default", node="benchmarks") and time.monotonic() < until:
        pass


def _statements(subject: Subject, measure: str, work: Callable[[], None]) -> Figure:
    count = 0
    execute = psycopg.Cursor.execute

    def counting(*arguments: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*arguments, **options)

    # Below Django, whose own hook does not see statements that go round it.
    with patch.object(psycopg.Cursor, "execute", counting):
        work()
    return subject.one(measure, count / STATEMENTS_OF, "", samples=STATEMENTS_OF)
