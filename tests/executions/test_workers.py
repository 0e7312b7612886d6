"""Workers register, tell what they use, are drained and say goodbye."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

import clock
from executions import workers
from executions.errors import IllegalMove
from executions.models import StepRun, WorkerNode
from executions.services import Start, start
from executions.workers import gate, registry, services
from executions.workers.life import Life, this_worker
from executions.workers.load import Limits, Usage
from executions.workers.registry import Identity
from executions.workers.standing import standings
from executions.workers.usage import Meter
from tests.conftest import MakeWorkflow

pytestmark = pytest.mark.django_db

ME = Identity("worker@here", "here", os.getpid(), ("default", "slow"), 4, Limits())


@pytest.fixture(autouse=True)
def _open_gate() -> Iterator[None]:
    yield
    gate.close(overloaded=False, draining=False)


def row() -> WorkerNode:
    return WorkerNode.objects.get(pk=ME.name)


def state() -> str:
    return standings([row()], now=clock.now())[0].state


def test_a_worker_that_begins_says_who_it_is() -> None:
    registry.register(ME)

    assert (row().host, row().pid, row().queues, row().slots) == ("here", ME.pid, ["default", "slow"], 4)
    assert (row().memory_limit_bytes, row().stopped_at, state()) == (None, None, "active")


def test_it_tells_what_it_uses_and_learns_whether_to_drain() -> None:
    registry.register(ME)

    assert registry.seen(ME, Usage(memory=5_000, cpu=12.34), overloaded=True) is False
    assert (row().memory_bytes, row().cpu_percent, state()) == (5_000, 12.3, "overloaded")

    services.drain(row(), by="ada", now=clock.now())
    assert registry.seen(ME, Usage(), overloaded=False) is True
    assert (row().drain_requested_by, state()) == ("ada", "drained")


def test_a_drain_ends_with_the_process() -> None:
    registry.register(ME)
    services.drain(row(), by="ada", now=clock.now())

    registry.register(ME)

    assert row().drain_requested_at is None


def test_one_that_has_stopped_is_neither_drained_nor_resumed() -> None:
    registry.register(ME)
    registry.stopped(ME)

    assert state() == "stopped"
    for act in (services.drain, services.resume):
        with pytest.raises(IllegalMove, match="is stopped"):
            act(row(), by="ada", now=clock.now())


def test_the_goodbye_of_an_older_process_of_the_same_name_changes_nothing() -> None:
    registry.register(ME)

    registry.stopped(Identity(ME.name, "here", ME.pid + 1, (), 1, Limits()))

    assert row().stopped_at is None


def test_what_was_not_seen_for_ten_minutes_is_removed() -> None:
    registry.register(ME)
    for name, minutes in (("old@here", 11), ("quiet@here", 9)):
        registry.register(Identity(name, "here", 1, ("default",), 1, Limits()))
        WorkerNode.objects.filter(pk=name).update(seen_at=clock.now() - timedelta(minutes=minutes))

    registry.seen(ME, Usage(), overloaded=False)

    assert set(WorkerNode.objects.values_list("pk", flat=True)) == {ME.name, "quiet@here"}


def test_only_live_workers_count_as_serving_a_queue() -> None:
    registry.register(ME)
    registry.register(Identity("gone@here", "here", 1, ("default",), 1, Limits()))
    registry.stopped(Identity("gone@here", "here", 1, (), 1, Limits()))

    assert registry.serving() == {"default": 1, "slow": 1}


def test_a_worker_over_its_limit_closes_its_gate_and_tells() -> None:
    life = Life(Identity(ME.name, "here", ME.pid, ("default",), 1, Limits(memory=1)))

    life.look()

    assert not workers.may_claim()
    assert (row().is_overloaded, row().memory_limit_bytes) == (True, 1)


def test_a_worker_that_is_drained_closes_its_gate_and_one_that_is_resumed_opens_it() -> None:
    life = Life(ME)
    life.look()
    assert workers.may_claim()

    services.drain(row(), by="ada", now=clock.now())
    life.look()
    assert not workers.may_claim()

    services.resume(row(), by="ada", now=clock.now())
    life.look()
    assert workers.may_claim()


def test_a_worker_whose_row_was_removed_registers_again() -> None:
    life = Life(ME)
    life.look()
    WorkerNode.objects.all().delete()

    life.look()
    life.look()

    assert state() == "active"


def test_behind_a_closed_gate_nothing_is_claimed(
    make_workflow: MakeWorkflow, drain: Callable[[], int]
) -> None:
    start(Start(workflow=make_workflow(), source="manual"), now=clock.now())
    gate.close(overloaded=False, draining=True)

    assert drain() == 0
    assert StepRun.objects.get().state == "ready"

    gate.close(overloaded=False, draining=False)
    assert drain() == 1


def test_what_a_worker_runs_is_read_from_its_steps(make_workflow: MakeWorkflow) -> None:
    registry.register(ME)
    services.drain(row(), by="ada", now=clock.now())
    start(Start(workflow=make_workflow(), source="manual"), now=clock.now())
    lease = clock.now() + timedelta(minutes=1)
    StepRun.objects.update(state="running", worker=f"{ME.name}:17", lease_expires_at=lease, started_at=lease)
    step = StepRun.objects.get()

    (mine,) = standings([row()], now=clock.now(), organization_id=step.organization_id)

    assert (mine.state, mine.running, [one.id for one in mine.steps]) == ("draining", 1, [step.pk])


def test_the_meter_sees_memory_and_processor_time() -> None:
    meter = Meter()
    meter.sample()
    sum(number * number for number in range(2_000_000))

    usage = meter.sample()

    assert usage.memory > 10_000_000
    assert usage.cpu > 1


def test_the_settings_say_what_a_worker_serves_and_may_use(settings: Any) -> None:
    changes = {"worker_memory_limit": 2_000, "worker_cpu_limit": 150.0, "worker_queues": ["a", "b"]}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changes)

    worker = this_worker("worker@here", slots=3)

    assert (worker.queues, worker.slots, worker.limits) == (("a", "b"), 3, Limits(memory=2_000, cpu=150.0))
