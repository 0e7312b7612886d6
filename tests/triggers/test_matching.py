"""An event is held against conditions in order; the first that fails is named."""

from typing import Any

import pytest

from triggers.matching import End, Wanted, match
from workflows.expressions import compile_expression

PAID: dict[str, Any] = {
    "id": "7",
    "type": "order.paid",
    "source": "/shop",
    "subject": "order/7",
    "time": "2026-11-20T12:00:00+00:00",
    "data": {"amount": 12, "lines": [{"sku": "a"}], "gift": False},
}


def ended(state: str, workflow_id: str = "w", **data: Any) -> dict[str, Any]:
    facts = {"workflow_id": workflow_id, **data}
    return {**PAID, "type": f"workflow.{state}", "source": "horarium", "data": facts}


@pytest.mark.parametrize(
    ("conditions", "failed_at"),
    [
        ({"pattern": "order.paid"}, ""),
        ({"pattern": "order.*", "source": "/shop"}, ""),
        ({"pattern": "order.created"}, "type"),
        ({"pattern": "order.paid", "source": "/other"}, "source"),
        ({"pattern": "*", "filters": {"data.amount": 12.0, "subject": "order/7"}}, ""),
        ({"pattern": "*", "filters": {"data.lines.0.sku": "a"}}, ""),
        ({"pattern": "*", "filters": {"data.gift": 0}}, "filters.data.gift"),
        ({"pattern": "*", "filters": {"data.amount": 12, "data.none": None}}, "filters.data.none"),
        ({"pattern": "*", "condition": "event.data.amount > 10"}, ""),
        ({"pattern": "*", "condition": "event.data.amount > 12"}, "condition"),
        ({"pattern": "*", "condition": "event.data.missing > 12"}, "condition"),
        ({"pattern": "*", "condition": "event.data.amount"}, "condition"),
        ({"pattern": "x", "source": "/other", "condition": "false"}, "type"),
    ],
)
def test_the_first_condition_that_fails_is_named(conditions: dict[str, Any], failed_at: str):
    if "condition" in conditions:
        conditions = {**conditions, "condition": compile_expression(conditions["condition"])}

    verdict = match(Wanted(**conditions), PAID)

    assert (verdict.failed_at, verdict.matches) == (failed_at, not failed_at)


def test_a_verdict_says_what_stands_there():
    verdict = match(Wanted(pattern="*", filters={"data.amount": 13}), PAID)

    assert verdict.detail == "is 12"


def test_a_condition_that_cannot_be_asked_says_why():
    verdict = match(Wanted(pattern="*", condition=compile_expression("event.data.missing > 1")), PAID)

    assert "missing" in verdict.detail


@pytest.mark.parametrize(
    ("event", "place"),
    [(ended("completed", "b"), 1), (ended("failed", "a"), 0), (ended("completed", "a"), None)],
)
def test_an_end_is_known_by_its_workflow_and_state(event: dict[str, Any], place: int | None):
    after = (End(workflow_id="a", states=frozenset({"failed"})), End(workflow_id="b"))

    verdict = match(Wanted(after=after), event)

    assert (verdict.place if verdict.matches else None) == place


def test_the_end_of_a_schedules_run_is_known_by_the_schedule():
    after = (End(schedule_id="s"),)

    assert match(Wanted(after=after), ended("completed", schedule_id="s")).matches
    assert match(Wanted(after=after), ended("completed", schedule_id="t")).failed_at == "after"


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (PAID, "is sent"),
        (ended("failed", "w"), "workflow.failed is not an end"),
        (ended("completed", "other"), "data.workflow_id 'other'"),
        ({**ended("completed"), "data": {"workflow": "w"}}, "data.workflow_id missing"),
    ],
)
def test_an_end_that_is_not_waited_for_says_what_differs(event: dict[str, Any], says: str):
    assert says in match(Wanted(after=(End(workflow_id="w"),)), event).detail


def test_nobody_can_send_what_looks_like_an_end():
    assert not match(Wanted(after=(End(workflow_id="w"),)), {**ended("completed"), "source": "/liar"}).matches


def test_a_trigger_by_type_does_not_see_its_own_workflow():
    wanted = Wanted(pattern="workflow.*", target_id="w")

    assert match(wanted, ended("failed", "w")).failed_at == "type"
    assert match(wanted, ended("failed", "other")).matches
