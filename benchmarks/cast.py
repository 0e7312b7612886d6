"""One web process and workers, all of them at work, and a key to ask with."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from benchmarks import processor, seed
from benchmarks.processes import Failed, Running
from benchmarks.stage import Stage
from organizations.roles import Role
from organizations.services import issue_api_key

READY_SECONDS = 60.0
UNBOUNDED = "1000000000"  # requests of a caller in a minute: they are counted, and never refused


@dataclass(frozen=True, slots=True)
class Cast:
    """The processes, by name, and an operator's API key."""

    port: int
    key: str = field(repr=False)
    web: Running
    workers: list[Running]

    def check(self) -> None:
        """Raise `Failed` if one of them has ended."""
        for process in (self.web, *self.workers):
            process.check()

    def pids(self, stage: Stage) -> dict[str, list[int]]:
        """Return the processes whose time tells what limits a rate."""
        workers = [worker.pid for worker in self.workers]
        return {"web": [self.web.pid], "workers": workers, **processor.servers(stage)}


@contextmanager
def playing(stage: Stage, *, workers: int) -> Iterator[Cast]:
    """Run one web process and so many workers; the block begins when each of them is at work."""
    name = f"bench {datetime.now(UTC).isoformat()}"
    _, key = issue_api_key(seed.organization(), name=name, role=Role.OPERATOR, by="benchmarks")
    stage.broker.clear()  # wake-ups of an earlier part would count as waiting
    with ExitStack() as stack:
        web = stack.enter_context(stage.platform("web", HORARIUM_API_REQUESTS_PER_MINUTE=UNBOUNDED))
        running = [_worker(stage, stack, number=number) for number in range(1, workers + 1)]
        cast = Cast(int(stage.env["PORT"]), key, web, running)
        _await_web(cast)
        yield cast
        cast.check()


def _worker(stage: Stage, stack: ExitStack, *, number: int) -> Running:
    worker = stack.enter_context(stage.platform("worker", number=number))
    until = time.monotonic() + READY_SECONDS
    while not stage.database.execute("SELECT 1 FROM executions_workernode WHERE pid = %s", worker.pid):
        worker.check()
        if time.monotonic() > until:
            raise Failed(f"worker {number} is not at work after {READY_SECONDS:g} s")
        time.sleep(0.05)
    return worker


def _await_web(cast: Cast) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        cast.web.check()
        try:
            httpx.get(f"http://127.0.0.1:{cast.port}/healthz").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise Failed(f"the web process does not answer after {READY_SECONDS:g} s")
