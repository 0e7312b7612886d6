"""A step that asks a person: what is asked, who may answer when, and what follows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import clock
from events.models import Event
from executions import services, sweeps
from executions.errors import AlreadyDecided, NotAsked
from executions.models import Execution, Source, StepRun
from executions.services import Start
from executions.waiting.approvals import decide
from tests.conftest import MakeWorkflow
from tests.races.connections import at_once
from workflows.errors import InvalidInput

Drain = Callable[[], int]
Shift = Callable[[timedelta], None]
FORM = {"properties": {"amount": {"type": "integer"}}, "required": ["amount"], "additionalProperties": False}

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(make_workflow: MakeWorkflow, drain: Drain) -> Callable[..., StepRun]:
    """Start a workflow with one approval and let it ask."""

    def make(**fields: Any) -> StepRun:
        step = {"id": "ask", "kind": "approval", "message": "Pay ${{ input.amount }}?", **fields}
        workflow = make_workflow(step, {"id": "after", "needs": ["ask"]})
        cause = Start(workflow=workflow, source=Source.MANUAL, input={"amount": 7})
        started = services.start(cause, now=clock.now())
        drain()
        return StepRun.objects.get(execution_id=started.id, step="ask")

    return make


def state(row: StepRun) -> str:
    row.refresh_from_db()
    return row.state if row.state != "waiting" else f"waits for {row.waits_for}"


def let_pass(time: timedelta, *, shift: Shift, drain: Drain) -> None:
    shift(time)
    sweeps.release_due()
    drain()


def test_what_is_asked_is_kept_while_it_waits(ask: Any):
    row = ask(form=FORM)

    assert state(row) == "waits for approval"
    assert row.output == {"message": "Pay 7?", "form": FORM}
    assert row.resume_at is None


def test_an_approval_lets_the_execution_go_on(ask: Any, drain: Drain):
    row = ask(form=FORM)
    now = clock.now()

    decide(row, approved=True, by="kim", note="fine", form={"amount": 7}, now=now)
    drain()

    assert state(row) == "completed"
    assert row.output == {
        "approved": True,
        "message": "Pay 7?",
        "by": "kim",
        "at": now.isoformat(),
        "note": "fine",
        "form": {"amount": 7},
        "expired": False,
    }
    assert Execution.objects.get().state == "completed"


def test_a_rejection_fails_the_step_for_good(ask: Any):
    row = ask(retry={"max_attempts": 3}, form=FORM)
    now = clock.now()

    decide(row, approved=False, by="kim", note="too much", now=now)

    assert (state(row), row.error) == ("failed", "rejected by kim: too much")
    assert row.output == {"approved": False, "message": "Pay 7?", "by": "kim", "note": "too much"} | {
        "at": now.isoformat(),
        "form": {},
        "expired": False,
    }
    assert Execution.objects.get().error == "ask: rejected by kim: too much"


def test_one_that_nobody_answered_asks_again_where_it_is_retried(ask: Any, drain: Drain, shift_clock: Shift):
    row = ask(deadline="1h", on_deadline="fail", retry={"max_attempts": 2})
    let_pass(timedelta(hours=1), shift=shift_clock, drain=drain)

    let_pass(timedelta(hours=1, minutes=1), shift=shift_clock, drain=drain)

    assert (state(row), row.failures) == ("waits for approval", 1)
    assert row.output == {"message": "Pay 7?", "form": {}}


def test_a_rejection_may_be_an_answer_like_another(ask: Any, drain: Drain):
    row = ask(on_reject="continue")

    decide(row, approved=False, by="kim", now=clock.now())
    drain()

    assert (state(row), row.output["approved"]) == ("completed", False)
    assert Execution.objects.get().state == "completed"


@pytest.mark.parametrize(
    ("form", "path"), [({}, "form.amount"), ({"amount": "x"}, "form.amount"), ({"amount": 1, "y": 2}, "form")]
)
def test_a_form_that_does_not_fit_decides_nothing(ask: Any, form: dict[str, Any], path: str):
    row = ask(form=FORM)

    with pytest.raises(InvalidInput) as refused:
        decide(row, approved=True, by="kim", form=form, now=clock.now())

    assert [problem["path"] for problem in refused.value.errors] == [path]
    assert state(row) == "waits for approval"


def test_a_second_decision_is_told_who_was_faster(ask: Any):
    row = ask()
    decide(row, approved=True, by="kim", now=clock.now())

    with pytest.raises(AlreadyDecided, match="approved by kim"):
        decide(row, approved=False, by="lee", now=clock.now())


def test_a_decision_after_a_rejection_is_told_of_it(ask: Any):
    row = ask()
    decide(row, approved=False, by="kim", note="no", now=clock.now())

    with pytest.raises(AlreadyDecided, match="rejected by kim: no"):
        decide(row, approved=True, by="lee", now=clock.now())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_does(ask: Any):
    row = ask()
    now = clock.now()

    results = at_once(
        lambda: decide(row, approved=True, by="kim", now=now),
        lambda: decide(row, approved=False, by="lee", now=now),
    )

    assert sorted(type(result).__name__ for result in results) == ["AlreadyDecided", "StepRun"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"on_deadline": "approve"}, ("completed", True)),
        ({"on_deadline": "reject", "on_reject": "continue"}, ("completed", False)),
        ({"on_deadline": "reject"}, ("failed", False)),
        ({"on_deadline": "fail"}, ("timed_out", None)),
    ],
)
def test_when_nobody_answers_in_time_the_policy_decides(
    ask: Any, drain: Drain, shift_clock: Shift, policy: dict[str, Any], expected: tuple[str, Any]
):
    row = ask(deadline="1h", **policy)

    let_pass(timedelta(hours=1), shift=shift_clock, drain=drain)

    assert (state(row), row.output.get("approved")) == expected
    assert row.output["message"] == "Pay 7?"
    assert row.output.get("expired", True)


def test_a_decision_after_the_deadline_is_told_so(ask: Any, drain: Drain, shift_clock: Shift):
    row = ask(deadline="1h")
    shift_clock(timedelta(hours=1))
    sweeps.release_due()

    with pytest.raises(NotAsked):
        decide(row, approved=True, by="kim", now=clock.now())
    drain()
    with pytest.raises(AlreadyDecided, match="nobody answered in time"):
        decide(row, approved=True, by="kim", now=clock.now())


def test_a_step_that_is_no_approval_is_not_asked(ask: Any):
    ask()
    other = StepRun(pk=StepRun.objects.get().pk)
    StepRun.objects.update(kind="wait", waits_for="event")

    with pytest.raises(NotAsked):
        decide(other, approved=True, by="kim", now=clock.now())


def test_a_cancelled_execution_asks_nobody(ask: Any):
    row = ask()
    services.cancel(row.execution, by="kim", now=clock.now())

    with pytest.raises(AlreadyDecided, match="cancelled"):
        decide(row, approved=True, by="lee", now=clock.now())


def test_those_who_watch_are_told_that_somebody_is_asked(ask: Any):
    row = ask()

    event = Event.objects.get(type="workflow.step.waiting_for_approval")

    assert event.data == {"step": "ask", "attempt": 1, "step_run": str(row.pk)}
