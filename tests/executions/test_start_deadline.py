"""The start deadline, looked at when a worker takes the first step."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import clock
from events.models import Event
from executions import queries, sweeps
from executions.models import Attempt, Execution, StepRun
from executions.queries import Slot
from executions.running import worker
from executions.services import Start, start
from tests.conftest import MakeWorkflow
from tests.executions.groups import LEASE, MakeGroup

SECOND = timedelta(seconds=1)
Shift = Callable[[timedelta], None]
Drain = Callable[[], int]


@pytest.fixture
def launch(make_workflow: MakeWorkflow) -> Callable[..., Execution]:
    """Start an execution that a worker must take within a second."""

    def launch(*steps: dict[str, Any]) -> Execution:
        now = clock.now()
        begun = start(Start(workflow=make_workflow(*steps), source="manual", start_by=now + SECOND), now=now)
        return Execution.objects.get(pk=begun.id)

    return launch


def test_one_that_is_taken_in_time_runs(launch: Any, drain: Drain) -> None:
    execution = launch()

    drain()

    execution.refresh_from_db()
    assert execution.state == "completed"


@pytest.mark.parametrize("steps", [({"id": "a"},), ({"id": "a"}, {"id": "b", "needs": ["a"]})])
def test_one_that_is_taken_too_late_ends_without_running(
    launch: Any, drain: Drain, shift_clock: Shift, steps: tuple[dict[str, Any], ...]
) -> None:
    execution = launch(*steps)
    shift_clock(2 * SECOND)

    drain()

    execution.refresh_from_db()
    assert (execution.state, StepRun.objects.get().state) == ("cancelled", "cancelled")
    assert "start deadline" in execution.error
    assert not Attempt.objects.exists()
    assert Event.objects.filter(type="workflow.cancelled").count() == 1


def test_a_later_step_is_not_held_to_the_deadline(launch: Any, drain: Drain, shift_clock: Shift) -> None:
    execution = launch({"id": "a", "kind": "wait", "duration": "5s"}, {"id": "b", "needs": ["a"]})
    drain()

    shift_clock(10 * SECOND)
    drain()

    execution.refresh_from_db()
    assert execution.state == "completed"


def test_a_branch_that_is_taken_late_runs_where_another_one_was_in_time(
    launch: Any, drain: Drain, shift_clock: Shift
) -> None:
    execution = launch({"id": "a"}, {"id": "b"})
    queries.claim(Slot("default", worker="w", lease=LEASE))
    shift_clock(2 * SECOND)

    drain()

    execution.refresh_from_db()
    assert sorted(StepRun.objects.values_list("state", flat=True)) == ["completed", "running"]


def test_branches_that_are_both_taken_too_late_do_not_excuse_each_other(
    launch: Any, drain: Drain, shift_clock: Shift
) -> None:
    execution = launch({"id": "a"}, {"id": "b"})
    shift_clock(2 * SECOND)
    held = queries.claim(Slot("default", worker="w", lease=LEASE))

    drain()

    assert held is not None
    assert StepRun.objects.get(step="b").state == "cancelled"
    execution.refresh_from_db()
    assert execution.state == "running"
    assert worker.drain("default", node="worker@test") == 0


def test_its_place_goes_to_the_next_one(make_group: MakeGroup, drain: Drain, shift_clock: Shift) -> None:
    group = make_group("buffer_one")
    group.start(1, start_by=clock.now() + SECOND)
    group.start(2)
    shift_clock(2 * SECOND)

    drain()

    assert group.states() == {1: "cancelled", 2: "completed"}


@pytest.mark.parametrize("steps", [({"id": "a"},), ({"id": "a"}, {"id": "b"})])
def test_one_that_nobody_takes_in_time_is_ended_by_the_sweep(
    launch: Any, shift_clock: Shift, steps: tuple[dict[str, Any], ...]
) -> None:
    execution = launch(*steps)
    assert sweeps.expire_unstarted(now=clock.now()) == 0
    shift_clock(2 * SECOND)

    assert sweeps.expire_unstarted(now=clock.now()) == 1
    assert sweeps.expire_unstarted(now=clock.now()) == 0

    execution.refresh_from_db()
    assert (execution.state, "start deadline" in execution.error) == ("cancelled", True)
    assert set(StepRun.objects.values_list("state", flat=True)) == {"cancelled"}


def test_the_sweep_leaves_one_alone_that_was_begun_in_time(launch: Any, shift_clock: Shift) -> None:
    execution = launch({"id": "a"}, {"id": "b"})
    queries.claim(Slot("default", worker="w", lease=LEASE))
    shift_clock(2 * SECOND)

    assert sweeps.expire_unstarted(now=clock.now()) == 0

    execution.refresh_from_db()
    assert execution.state == "running"
