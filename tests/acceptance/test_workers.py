"""The life of a real worker: it registers, is drained and resumed, is overloaded and recovers, and says goodbye."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings

import clock
from executions.models import Execution, StepRun, WorkerNode
from executions.services import Start, start
from executions.workers import services
from tests.acceptance.processes import Running, eventually, running
from tests.conftest import MakeWorkflow

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

# No beat runs, so nobody else wakes the worker. Idle it uses far less, busy far more, also beside other tests.
SMALL = {"HORARIUM_WORKER_CONCURRENCY": "2", "HORARIUM_WORKER_CPU_LIMIT": "20"}


@pytest.fixture(autouse=True)
def _empty_broker() -> Iterator[None]:
    """Leave nothing in Redis for the next test."""
    yield
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


def node() -> WorkerNode | None:
    return WorkerNode.objects.first()


def is_calm() -> bool:
    worker = node()
    return worker is not None and not worker.is_overloaded and worker.cpu_percent > 0


def is_overloaded() -> bool:
    return WorkerNode.objects.filter(is_overloaded=True).exists()


def claimed_at(execution: Execution) -> datetime | None:
    return StepRun.objects.get(execution=execution).started_at


def completed(execution: Execution) -> bool:
    return Execution.objects.filter(pk=execution.pk, state="completed").exists()


def say(worker: Running, line: str) -> None:
    eventually(lambda: line in worker.output(), what=f"the worker says: {line}")


@pytest.fixture
def begin(make_workflow: MakeWorkflow):
    """Start an execution of one step, of a task if one is given."""

    def begin(name: str, **task: object) -> Execution:
        step = {"id": "only", "kind": "task", "external": True, **task} if task else {"id": "only"}
        cause = Start(workflow=make_workflow(step, name=name), source="manual")
        return Execution.objects.get(pk=start(cause, now=clock.now()).id)

    return begin


def test_a_worker_registers_is_drained_and_resumed_and_says_goodbye(begin) -> None:
    with running("worker", HORARIUM_WORKER_CONCURRENCY="2") as worker:
        registered = eventually(node, what="the worker has registered")
        assert (registered.pid, registered.slots, registered.queues) == (worker.pid, 2, ["default"])

        services.drain(registered, by="ada", now=clock.now())
        say(worker, "worker drains")
        waits = begin("waits")
        eventually(lambda: clock.now() > waits.created_at + timedelta(seconds=2), what="time to be taken")
        resumed_at = clock.now()
        assert claimed_at(waits) is None

        services.resume(registered, by="ada", now=resumed_at)
        eventually(lambda: completed(waits), what="the step that waited ran")
        assert (claimed_at(waits) or waits.created_at) > resumed_at

    assert WorkerNode.objects.get().stopped_at is not None


def test_an_overloaded_worker_claims_nothing_until_it_has_recovered(begin, tmp_path: Path) -> None:
    enough = tmp_path / "enough"
    with running("worker", **SMALL) as worker:
        eventually(is_calm, what="the worker is calm after its start")
        begin("burns", task="acceptance.burn", args=[str(enough)])
        eventually(is_overloaded, what="the worker is overloaded")

        waits = begin("waits")
        eventually(lambda: clock.now() > waits.created_at + timedelta(seconds=2), what="time to be taken")
        relieved_at = clock.now()
        assert claimed_at(waits) is None

        enough.touch()
        say(worker, "worker recovered")
        eventually(lambda: completed(waits), what="the step that waited ran")
        assert (claimed_at(waits) or waits.created_at) > relieved_at
