"""Events, chains and their workers as real processes: nothing is lost and nothing starts twice."""

import signal
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

import clock
from events import sending
from events.models import Dispatch
from executions.models import Execution
from organizations.models import Organization
from tests.acceptance.processes import eventually, running
from tests.conftest import MakeWorkflow
from triggers import services
from triggers.models import Gathering, Tally, Trigger
from workflows.models import Workflow

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]


def trigger(workflow: Workflow, name: str, **settings: Any) -> Trigger:
    return services.create(workflow.organization, name=name, workflow=workflow, now=clock.now(), **settings)


def send(organization: Organization, number: int) -> sending.Sent:
    event = sending.Event(
        organization_id=organization.pk,
        type="order.created",
        source="/shop",
        external_id=str(number),
        data={"number": number},
    )
    return sending.send(event, now=clock.now())


def numbers(workflow: Workflow) -> Counter[int]:
    rows = Execution.objects.filter(workflow=workflow, state="completed")
    return Counter(given["number"] for given in rows.values_list("input", flat=True))


def test_events_and_chains_start_once_though_workers_are_killed(make_workflow: MakeWorkflow) -> None:
    give = {"id": "give", "kind": "set", "values": {"number": "${{ input.number }}"}}
    first, second = make_workflow(give, name="first"), make_workflow(give, name="second")
    trigger(first, "orders", pattern="order.*")
    trigger(second, "chain", after=[{"workflow": str(first.pk), "states": ["completed"]}])

    with running("beat"):
        with running("worker", HORARIUM_LEASE_SECONDS="2") as doomed:
            for number in range(150):
                send(first.organization, number)
            eventually(lambda: numbers(first).total() > 20, what="some have run")
            doomed.signal_group(signal.SIGKILL)
            doomed.wait(5)
        for number in range(150, 200):
            send(first.organization, number)
        with running("worker", HORARIUM_LEASE_SECONDS="2"), running("worker", HORARIUM_LEASE_SECONDS="2"):
            eventually(
                lambda: numbers(second).total() >= 200, within=60, what="all have run, and their chains"
            )

    once = Counter(range(200))
    assert numbers(first) == once
    assert numbers(second) == once
    assert not Dispatch.objects.exists()


def test_what_is_gathered_starts_when_its_time_has_come(make_workflow: MakeWorkflow) -> None:
    burst, batch = make_workflow(name="burst"), make_workflow(name="batch")
    debounced = trigger(burst, "burst", pattern="order.*", debounce=timedelta(seconds=1))
    trigger(batch, "batch", pattern="order.*", batch_size=4, batch_window=timedelta(seconds=1))

    with running("beat"), running("worker"):
        for number in range(10):
            send(burst.organization, number)
        eventually(lambda: Execution.objects.filter(workflow=batch, state="completed").count() == 3)
        eventually(lambda: Execution.objects.filter(workflow=burst, state="completed").exists())

    assert [
        given["number"] for given in Execution.objects.filter(workflow=burst).values_list("input", flat=True)
    ] == [9]
    counts = Execution.objects.filter(workflow=batch).values_list("input", flat=True)
    assert sorted(given["count"] for given in counts) == [2, 4, 4]
    assert Tally.objects.get(pk=debounced.pk).skipped == 9
    assert not Gathering.objects.exists()
