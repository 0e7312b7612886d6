"""Stories of a broker and a database that go away and come back."""

import signal
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection
from django_celery_beat.models import PeriodicTask

import clock
from executions import services as execution_services
from executions.models import Execution, Pulse, Source
from executions.services import Start
from scheduler_project.embedded import binaries
from scheduler_project.embedded.account import unprivileged
from scheduler_project.embedded.place import free_port
from schedules import services as schedule_services
from schedules.models import Schedule
from tests.acceptance.processes import eventually, running
from tests.conftest import MakeWorkflow
from workflows.models import Workflow

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

EVERY_SECOND = [{"kind": "interval", "every_seconds": 1}]


class Broker:
    """A Redis of the test's own that may be killed, frozen and started again on the same port and data."""

    def __init__(self, directory: Path) -> None:
        self._program = binaries.redis(unprivileged())
        self._directory = directory
        self._port = free_port(0)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        options = {"port": self._port, "bind": "127.0.0.1", "dir": self._directory, "appendonly": "yes"}
        words = [str(word) for key, value in options.items() for word in (f"--{key}", value)]
        self._process = subprocess.Popen([self._program, *words], stdout=subprocess.DEVNULL)
        eventually(self._answers, within=5, what="the broker answers")

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


@pytest.fixture
def stopped_broker() -> Iterator[Broker]:
    """Return a broker that refuses connections until it is started."""
    with tempfile.TemporaryDirectory(prefix="horarium-broker-") as directory:
        broker = Broker(Path(directory))
        yield broker
        broker.kill()


@pytest.fixture
def broker(stopped_broker: Broker) -> Broker:
    stopped_broker.start()
    return stopped_broker


@pytest.fixture
def every_second(make_workflow: MakeWorkflow) -> Schedule:
    workflow = make_workflow({"id": "only"})
    return schedule_services.create(
        workflow.organization,
        now=clock.now(),
        name="each-second",
        workflow=workflow,
        rules=EVERY_SECOND,
        overlap="allow_all",  # no worker may be there to end a run
    )


def start(workflow: Workflow, count: int) -> None:
    for _ in range(count):
        execution_services.start(Start(workflow=workflow, source=Source.MANUAL), now=clock.now())


def completed(count: int) -> bool:
    return Execution.objects.filter(state="completed").count() >= count


def fired_in_time(count: int, *, since: datetime) -> bool:
    """Return whether so many fires were recorded, each within a second and a half of its time."""
    fires = Execution.objects.filter(fire_at__gt=since).values_list("fire_at", "created_at")
    in_time = [at for at, recorded_at in fires if at and recorded_at - at < timedelta(seconds=1.5)]
    return len(in_time) >= count


def pulsed(*, since: datetime) -> bool:
    return Pulse.objects.filter(role="beat", seen_at__gt=since).exists()


def swept(*, since: datetime) -> bool:
    runs = PeriodicTask.objects.filter(task="executions.sweep.wake").values_list("last_run_at", flat=True)
    return any(at is not None and at > since for at in runs)


def skipped(schedule: Schedule) -> int:
    counts: list[int] = list(schedule.skipped_fires.values_list("count", flat=True))
    return sum(counts)


def test_a_broker_that_restarts_under_load_leaves_no_worker_deaf(
    broker: Broker, make_workflow: MakeWorkflow
) -> None:
    step = {"id": "only", "kind": "task", "task": "acceptance.nap", "args": [0.2]}
    workflow = make_workflow(step)
    own = {"REDIS_URL": broker.url, "HORARIUM_WORKER_CONCURRENCY": "2"}

    with running("beat", **own), running("worker", **own):
        start(workflow, 30)
        eventually(partial(completed, 6), what="the worker is busy")
        broker.kill()
        eventually(partial(pulsed, since=clock.now() + timedelta(seconds=2)), what="beat goes on without")
        broker.start()
        start(workflow, 10)  # more than was in hand: a deaf worker would leave these
        eventually(partial(completed, 40), what="all complete")


def test_schedules_fire_on_time_while_the_broker_refuses_connections(
    broker: Broker, every_second: Schedule
) -> None:
    with running("beat", REDIS_URL=broker.url):
        eventually(partial(swept, since=every_second.created_at), what="beat sends its sweeps")
        broker.kill()
        since = clock.now()
        eventually(partial(fired_in_time, 5, since=since), within=8, what="five fires without a broker")
        broker.start()
        eventually(partial(swept, since=clock.now()), within=5, what="beat sends its sweeps again")

    assert skipped(every_second) <= 1


def test_schedules_fire_on_time_while_the_broker_is_frozen(broker: Broker, every_second: Schedule) -> None:
    with running("beat", REDIS_URL=broker.url):
        eventually(partial(swept, since=every_second.created_at), what="beat sends its sweeps")
        broker.freeze()
        since = clock.now()
        eventually(partial(fired_in_time, 5, since=since), within=8, what="five fires without a broker")
        broker.thaw()
        eventually(partial(swept, since=clock.now()), within=5, what="beat sends its sweeps again")

    assert skipped(every_second) <= 1


def test_a_beat_that_starts_without_a_broker_fires(stopped_broker: Broker, every_second: Schedule) -> None:
    with running("beat", REDIS_URL=stopped_broker.url):
        eventually(partial(fired_in_time, 3, since=every_second.created_at), what="three fires")

    assert skipped(every_second) <= 1


def test_sweeps_and_steps_go_on_after_the_database_dropped_every_session(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow({"id": "only", "kind": "task", "task": "acceptance.nap", "args": [0.2]})

    with running("beat"), running("worker", HORARIUM_LEASE_SECONDS="2"):
        start(workflow, 40)
        for done in (5, 15):
            eventually(partial(completed, done), what="the worker is busy")
            drop_sessions()
        eventually(partial(swept, since=clock.now()), within=6, what="beat sends its sweeps again")
        eventually(partial(completed, 40), what="all complete")


def drop_sessions() -> None:
    """End every session of beats and workers on this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND (application_name LIKE 'horarium-beat%' OR application_name LIKE 'horarium-worker%')"
        )


@pytest.fixture(autouse=True)
def _empty_broker() -> Iterator[None]:
    """Leave nothing in the session's Redis for the next test."""
    yield
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
