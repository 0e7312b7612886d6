"""What has waited long gains priority."""

from collections.abc import Callable
from datetime import timedelta

import pytest

import clock
from executions.models import Execution, QueueSetting, StepRun
from executions.queues import aging
from executions.queues.aging import aged
from executions.services import Start, start
from organizations.models import Organization
from tests.conftest import MakeWorkflow
from workflows.models import Workflow

MINUTE = 60


@pytest.fixture
def waiting(organization: Organization, make_workflow: MakeWorkflow) -> Callable[..., StepRun]:
    """Make a step that has been ready for so many seconds, in a queue that ages by the minute."""
    QueueSetting.objects.create(organization=organization, name="default", aging_seconds=MINUTE)
    workflows: dict[int | None, Workflow] = {}

    def waiting(
        seconds: int, *, queue: str = "default", priority: int = 5, own: int | None = None
    ) -> StepRun:
        if own not in workflows:
            workflows[own] = make_workflow({"id": "only", "priority": own}, name=f"own-{own}".lower())
        cause = Start(workflow=workflows[own], source="manual", queue=queue, priority=priority)
        started = start(cause, now=clock.now() - timedelta(seconds=seconds))
        return StepRun.objects.get(execution_id=started.id)

    return waiting


def priority_of(step: StepRun) -> int:
    step.refresh_from_db()
    return step.priority


@pytest.mark.parametrize(
    ("original", "waited", "priority"),
    [(5, 59.9, 5), (5, 60, 6), (5, 179.9, 7), (0, 600, 9), (5, 86_400, 9), (9, 0, 9)],
)
def test_each_whole_step_of_waiting_gains_one_priority_up_to_nine(
    original: int, waited: float, priority: int
) -> None:
    assert aged(original, waited_seconds=waited, aging_seconds=MINUTE) == priority


def test_what_has_waited_is_raised_once_however_often_the_sweep_runs(waiting) -> None:
    step = waiting(125)

    assert [aging.age() for _ in range(3)] == [1, 0, 0]
    assert priority_of(step) == 7
    assert Execution.objects.get().priority == 5


def test_a_priority_of_the_steps_own_is_what_it_starts_from(waiting) -> None:
    low, high = waiting(65, own=2), waiting(65, own=7)

    aging.age()

    assert (priority_of(low), priority_of(high)) == (3, 8)


def test_other_queues_and_fresh_steps_stay_as_they_are(waiting) -> None:
    fresh, elsewhere = waiting(30), waiting(600, queue="slow")

    assert aging.age() == 0
    assert (priority_of(fresh), priority_of(elsewhere)) == (5, 5)


def test_what_runs_is_left_alone(waiting) -> None:
    step = waiting(600)
    lease = clock.now() + timedelta(minutes=1)
    StepRun.objects.update(state="running", lease_expires_at=lease, worker="w:1")

    assert aging.age() == 0
    assert priority_of(step) == 5


def test_a_pass_raises_a_bounded_number_the_oldest_first(waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aging, "BATCH", 2)
    young, older, oldest = waiting(70), waiting(80), waiting(90)

    assert aging.age() == 2

    assert [priority_of(step) for step in (young, older, oldest)] == [5, 6, 6]
