"""One attempt of a step with `if` and `for_each`: what the worker makes of it before its kind runs."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

import clock
from executions import queries, services
from executions.models import Source, StepRun
from executions.rules.outcomes import Completed, Expanded, Failed, Outcome, Skipped
from executions.running import attempts
from executions.running.heartbeat import Heartbeat
from executions.running.interrupts import Guard
from executions.services import Start
from tests.conftest import MakeWorkflow

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = timedelta(seconds=30)


@pytest.fixture
def guard() -> Guard:
    return Guard()


@pytest.fixture
def heartbeat(guard: Guard, transactional_db: None) -> Iterator[Heartbeat]:
    made = Heartbeat(guard, node="worker@test", grace=timedelta(0))
    yield made
    assert made._asleep.wait(10)


@pytest.fixture
def attempt(make_workflow: MakeWorkflow, guard: Guard, heartbeat: Heartbeat) -> Any:
    """Make an attempt of a step that sets `v`, or of one item of it, and return the outcome."""

    def make(item: tuple[int, Any] | None = None, **settings: Any) -> Outcome | None:
        step = {"id": "only", "kind": "set", "values": {"v": settings.pop("v", 1)}, **settings}
        workflow = make_workflow(step)
        services.start(
            Start(workflow=workflow, source=Source.MANUAL, input={"list": [3, 4], "map": {}}), now=clock.now()
        )
        if item is not None:
            StepRun.objects.update(item_index=item[0], item=item[1])
        held = queries.claim(queries.Slot("default", worker="w", lease=LEASE))
        assert held is not None
        return attempts.run(held, guard=guard, heartbeat=heartbeat, lease=LEASE)

    return make


@pytest.mark.parametrize(
    ("for_each", "items"),
    [("${{ input.list }}", [3, 4]), ("${{ [] }}", []), ([1, "${{ input.list[0] }}"], [1, 3])],
)
def test_a_step_for_each_expands_to_its_items(attempt: Any, for_each: Any, items: list[Any]) -> None:
    assert attempt(for_each=for_each, v="${{ item }}") == Expanded(items)


def test_an_item_runs_the_kind_with_its_variables(attempt: Any) -> None:
    step = {"for_each": "${{ input.list }}", "v": "${{ [item, index] }}"}

    assert attempt(item=(1, 4), **step) == Completed({"v": [4, 1]})


def test_an_item_is_not_asked_whether_its_step_is_wanted(attempt: Any) -> None:
    step = {"for_each": "${{ input.list }}", "if": "input.list[0] == 0"}

    assert attempt(item=(1, 4), **step) == Completed({"v": 1})


def test_a_step_that_is_not_wanted_is_skipped_before_it_expands(attempt: Any) -> None:
    assert attempt(**{"if": "input.list[0] == 0", "for_each": "${{ input.map }}"}) == Skipped()


@pytest.mark.parametrize(
    ("for_each", "why"),
    [
        ("${{ input.map }}", "`for_each` must give a list, not dict"),
        ("${{ null }}", "`for_each` must give a list, not null"),
    ],
)
def test_what_is_no_list_fails_with_a_reason(attempt: Any, for_each: str, why: str) -> None:
    outcome = attempt(for_each=for_each)

    assert isinstance(outcome, Failed)
    assert outcome.error == why


def test_more_items_than_allowed_fail_the_step(attempt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MAX_ITEMS", 1)

    outcome = attempt(for_each="${{ input.list }}")

    assert isinstance(outcome, Failed)
    assert outcome.error == "`for_each` gave 2 items; at most 1 are allowed"
