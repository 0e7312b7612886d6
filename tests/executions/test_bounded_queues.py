"""Starts into a queue in which enough waits: refused at once, but for those that would be lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

import clock
from executions import services
from executions.errors import QueueFull
from executions.models import Execution, Source
from executions.queues import bounds
from executions.services import Start
from tests.conftest import MakeWorkflow
from tests.executions.groups import claim
from workflows.models import Workflow


@pytest.fixture
def workflow(make_workflow: MakeWorkflow, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workflow]:
    """Make a workflow, with room for two ready steps in any queue."""
    small = settings.ENVIRONMENT.model_copy(update={"max_ready": 2})
    monkeypatch.setattr(settings, "ENVIRONMENT", small)
    monkeypatch.setattr(bounds, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(bounds, "RESTS", 0)
    yield make_workflow({"id": "a"}, {"id": "b", "needs": ["a"], "queue": "large"})
    bounds._remembered.clear()


def start(workflow: Workflow, **changes: Any) -> None:
    wanted: dict[str, Any] = {"workflow": workflow, "source": Source.MANUAL, **changes}
    services.start(Start(**wanted), now=clock.now())


@pytest.mark.parametrize("source", [Source.MANUAL, Source.CALL, Source.REDRIVE])
def test_one_more_than_may_be_ready_is_refused_until_one_is_claimed(workflow: Workflow, source: str) -> None:
    start(workflow)
    start(workflow)

    with pytest.raises(QueueFull, match="default"):
        start(workflow, source=source)

    claim()
    start(workflow, source=source)
    assert Execution.objects.count() == 3


@pytest.mark.parametrize("source", [Source.SCHEDULE, Source.BACKFILL, Source.PARENT])
def test_what_nobody_would_send_again_is_never_refused(workflow: Workflow, source: str) -> None:
    for _ in range(3):
        start(workflow, source=source)

    assert Execution.objects.count() == 3


def test_another_queue_has_room_of_its_own(workflow: Workflow) -> None:
    start(workflow)
    start(workflow)

    start(workflow, queue="other")

    assert Execution.objects.filter(queue="other").exists()


def test_a_repeated_key_is_answered_whatever_waits(workflow: Workflow) -> None:
    start(workflow, idempotency_key="k")
    start(workflow)

    start(workflow, idempotency_key="k")

    assert Execution.objects.count() == 2


def test_a_queue_is_counted_once_in_a_while(workflow: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "FRESH_SECONDS", 3600.0)

    for _ in range(4):
        start(workflow)

    assert Execution.objects.count() == 4
