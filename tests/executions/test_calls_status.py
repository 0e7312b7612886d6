"""`executions.status` and `executions.cancel`: what an execution's caller can see and end."""

from collections.abc import Callable
from uuid import UUID

import pytest
from celery.exceptions import Reject
from django.db import OperationalError

import clock
from executions.calls import refusals, tasks
from organizations.models import Organization
from scheduler_project.api.errors import ANSWERS
from tests.conftest import MakeWorkflow

NOBODY = UUID(int=0)
Drain = Callable[[], int]


def test_the_status_tells_the_state_the_output_and_the_steps(
    make_workflow: MakeWorkflow, drain: Drain
) -> None:
    make_workflow({"id": "only", "kind": "set", "values": {"answer": 42}})
    started = tasks.start(workflow="report")["id"]

    before = tasks.status(execution=started)
    drain()
    after = tasks.status(execution=started)

    assert (before["state"], before["output"], before["finished_at"]) == ("running", None, None)
    assert (after["state"], after["output"], after["error"]) == ("completed", {"answer": 42}, "")
    assert (after["id"], after["workflow"]) == (started, "report")
    assert [(step["step"], step["state"]) for step in after["steps"]] == [("only", "completed")]


def test_a_failed_execution_says_why(make_workflow: MakeWorkflow, drain: Drain) -> None:
    make_workflow({"id": "only", "kind": "set", "values": {"x": "${{ input.missing }}"}})
    started = tasks.start(workflow="report")["id"]

    drain()

    status = tasks.status(execution=started)
    assert (status["state"], status["output"]) == ("failed", None)
    assert "missing" in status["error"] + status["steps"][0]["error"]


def test_to_cancel_twice_is_answered_alike(make_workflow: MakeWorkflow) -> None:
    make_workflow({"id": "long", "kind": "wait", "duration": "1h"})
    started = tasks.start(workflow="report")["id"]

    answers = [tasks.cancel(execution=started) for _ in range(2)]

    assert answers == [{"ok": True, "id": started, "state": "cancelled"}] * 2


def test_what_has_completed_cannot_be_cancelled(make_workflow: MakeWorkflow, drain: Drain) -> None:
    make_workflow()
    started = tasks.start(workflow="report")["id"]
    drain()

    assert tasks.cancel(execution=started)["error"]["code"] == "illegal_move"


@pytest.mark.parametrize(
    ("execution", "code"), [(str(NOBODY), "not_found"), ("x", "invalid"), (7, "invalid")]
)
def test_an_execution_that_is_none_is_named(organization: Organization, execution: object, code: str) -> None:
    for call in (tasks.status, tasks.cancel):
        error = call(execution=execution)["error"]

        assert (error["code"], [field["path"] for field in error["fields"]]) == (code, ["execution"])


def test_a_call_goes_back_to_the_broker_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError

    monkeypatch.setattr(clock, "now", fail)
    monkeypatch.setattr(tasks, "AWAY_SECONDS", 0)

    with pytest.raises(Reject) as rejected:
        tasks.status(execution=str(NOBODY))

    assert rejected.value.requeue  # type: ignore[attr-defined]


def test_a_refusal_has_the_code_that_the_api_has_for_it() -> None:
    both = refusals.CODES.keys() & ANSWERS.keys()

    assert both
    assert {kind: refusals.CODES[kind].code for kind in both} == {kind: ANSWERS[kind].code for kind in both}
