"""From asking for a start to the first line of the step, at 10 a second."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

import httpx

import clock
from benchmarks import seed, stamps
from benchmarks.figures import Figure, Subject
from benchmarks.progress import say
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage
from executions import services
from executions.models import Source
from organizations.roles import Role
from organizations.services import issue_api_key

BENCHMARK = "latency at 10 a second, one worker of concurrency 2"
BEGUN = "that call (theirs: delay) to the first line of the task"
EVERY_SECONDS = 0.1
READY_SECONDS = 60.0
Start = Callable[[str], None]  # gets the time of asking in nanoseconds
Entrance = Callable[[Stage], AbstractContextManager[Start]]


def measure(stage: Stage, sizes: Sizes, *, entry: str) -> list[Figure]:
    """Return the figures of the platform, entered by HTTP or by a service call, and of bare Celery."""
    seed.reset(stage.database)
    entrance, said = (_http, "POST") if entry == "http" else (_service, "services.start")
    return [*_platform(stage, sizes, entrance, said=said), _bare(stage, sizes)]


def _platform(stage: Stage, sizes: Sizes, entrance: Entrance, *, said: str) -> Iterator[Figure]:
    subject = Subject(BENCHMARK, "Horarium")
    say(f"latency, Horarium: {sizes.latency_starts} starts by {said}")
    stamps.clear()
    with stage.platform("worker") as worker, entrance(stage) as start:
        start(str(time.time_ns()))
        stamps.wait_for(1, within=READY_SECONDS)
        stamps.clear()
        answers = _at_pace(start, sizes)
        stamps.wait_for(len(answers), within=10)
        worker.check()
    yield subject.many(f"{said}, until it has answered", answers[sizes.latency_warm :], "ms")
    yield subject.many(BEGUN, _begun(sizes), "ms")


def _bare(stage: Stage, sizes: Sizes) -> Figure:
    say(f"latency, Celery: {sizes.latency_starts} tasks by delay()")
    stamps.clear()
    stage.peer_broker.clear()
    command = ("-m", "benchmarks.peers.publish", "bare")
    total = sizes.latency_warm + sizes.latency_starts
    with stage.peer_worker("bare") as worker:
        stage.run(*command, "1", "--every", "0.1")
        stamps.wait_for(1, within=READY_SECONDS)
        stamps.clear()
        stage.run(*command, str(total), "--every", str(EVERY_SECONDS))
        stamps.wait_for(total, within=10)
        worker.check()
    subject = Subject(BENCHMARK, "Celery")
    return subject.many(BEGUN, _begun(sizes), "ms")


def _at_pace(start: Start, sizes: Sizes) -> list[float]:
    """Start at a steady pace and return how long each call took, in milliseconds."""
    took = []
    began = time.monotonic()
    for number in range(sizes.latency_warm + sizes.latency_starts):
        time.sleep(max(began + number * EVERY_SECONDS - time.monotonic(), 0))
        before = time.time_ns()
        start(str(before))
        took.append((time.time_ns() - before) / 1e6)
    return took


def _begun(sizes: Sizes) -> list[float]:
    return [(begun - sent) / 1e6 for sent, begun in stamps.read()[sizes.latency_warm :]]


@contextmanager
def _service(stage: Stage) -> Iterator[Start]:
    """Start from this process."""
    del stage
    workflow = seed.stamp()

    def start(sent_ns: str) -> None:
        cause = services.Start(workflow=workflow, source=Source.CALL, input={"sent_ns": sent_ns})
        services.start(cause, now=clock.now())

    yield start


@contextmanager
def _http(stage: Stage) -> Iterator[Start]:
    """Start by the REST API, with a key, on one connection that is kept."""
    workflow = seed.stamp()
    name = f"bench {datetime.now(UTC).isoformat()}"
    _, key = issue_api_key(seed.organization(), name=name, role=Role.OPERATOR, by="benchmarks")
    headers = {"Authorization": f"Bearer {key}"}
    base = f"http://127.0.0.1:{stage.env['PORT']}"
    with stage.platform("web") as web, httpx.Client(base_url=base, headers=headers, timeout=10) as client:
        _await_web(client)
        web.check()

        def start(sent_ns: str) -> None:
            body = {"input": {"sent_ns": sent_ns}}
            client.post(f"/api/v1/workflows/{workflow.name}/start/", json=body).raise_for_status()

        yield start


def _await_web(client: httpx.Client) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            client.get("/healthz").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
