"""Stories of PeriodicTask rows that would harm everybody, told by real beat and worker processes."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import redis
from celery import Celery
from django.conf import settings
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask, SolarSchedule

import clock
from executions import queries, wakeups
from executions import services as execution_services
from executions.models import Attempt, Execution, Source
from executions.queries import Slot
from executions.services import Start
from schedules import services as schedule_services
from tests.acceptance.processes import eventually, running
from tests.conftest import MakeWorkflow

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

FLOOD = 5_000  # messages


@pytest.fixture(autouse=True)
def _empty_broker() -> Iterator[None]:
    """Leave nothing in Redis for the next test."""
    yield
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


@pytest.fixture
def stranger() -> Iterator[Celery]:
    """An application of somebody else's on the same broker."""
    app = Celery("shop", broker=settings.CELERY_BROKER_URL, set_as_current=False)
    yield app
    app.close()


def make_row(name: str, **changes: Any) -> PeriodicTask:
    due = timezone.now() - timedelta(minutes=1)
    return PeriodicTask.objects.create(name=name, task="tests.add", last_run_at=due, **changes)


def flood(app: Celery, queue: str) -> None:
    """Fill `queue` with tasks that take ten milliseconds each."""
    with app.producer_pool.acquire(block=True) as producer:
        for _ in range(FLOOD):
            app.send_task("acceptance.nap", args=[0.01], queue=queue, producer=producer)


def lose_a_step(make_workflow: MakeWorkflow) -> None:
    """Let a step be held by a worker that is gone."""
    step = {"id": "only", "kind": "set", "values": {}, "queue": "elsewhere"}
    execution_services.start(Start(workflow=make_workflow(step), source=Source.MANUAL), now=clock.now())
    assert queries.claim(Slot("elsewhere", worker="gone", lease=timedelta(0)))


def is_rescued() -> bool:
    return Attempt.objects.filter(outcome="lost").exists()


def has_run(row: PeriodicTask) -> bool:
    return bool(PeriodicTask.objects.get(pk=row.pk).total_run_count)


def test_a_beat_with_a_row_that_needs_a_package_fires_and_sends_the_rest(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow({"id": "only"})
    make_row("sunset", solar=SolarSchedule.objects.create(event="sunset", latitude="52.5", longitude="13.4"))
    interval = IntervalSchedule.objects.create(every=10, period="seconds")
    make_row("broken", interval=interval, args="[1,")
    good = make_row("good", interval=interval)
    schedule_services.create(
        workflow.organization,
        now=clock.now(),
        name="each-second",
        workflow=workflow,
        rules=[{"kind": "interval", "every_seconds": 1}],
        overlap="allow_all",
    )

    with running("beat") as beat:
        eventually(partial(has_run, good), within=10, what="the good row is sent")
        eventually(lambda: Execution.objects.count() >= 2, within=5, what="two fires")

    output = beat.output()
    assert [output.count(name) for name in ("name=sunset", "name=broken")] == [1, 1]
    assert "ephem" in output


def test_an_expired_lease_is_rescued_while_thousands_of_other_tasks_wait(
    make_workflow: MakeWorkflow, stranger: Celery
) -> None:
    flood(stranger, wakeups.TASKS)
    make_row("flood", interval=IntervalSchedule.objects.create(every=100, period="microseconds"))

    with running("beat"), running("worker", HORARIUM_WORKER_CONCURRENCY="2"):
        eventually(lambda: wakeups.waiting(wakeups.TASKS) < FLOOD, what="the worker is at the flood")
        lose_a_step(make_workflow)
        eventually(is_rescued, within=10, what="the step is rescued")
        still_waiting = wakeups.waiting(wakeups.TASKS)

    assert still_waiting > FLOOD / 10
