"""Executions that go on from the results of another one, and end otherwise than by their last step."""

import pytest
from django.db import transaction

import clock
from events.models import Event
from executions import closing, dead_letters, engine, services
from executions.admitting import dropping
from executions.models import Attempt, Ending, Execution
from executions.rules.outcomes import Completed, Expanded, Lost
from organizations.models import Organization
from tests.executions.beginnings import NO, SET, SLOT, begun, claim, claim_one, define, finish, state, steps
from workflows.models import Workflow

pytestmark = pytest.mark.django_db

ENDED = {"a": "cancelled", "a[0]": "completed", "a[1]": "cancelled"}


@pytest.fixture
def waiting(organization: Organization) -> Execution:
    """Return a redrive of half a list that waits for a place."""
    listed = {"id": "a", "for_each": [1, 2], "fail_when": "any_item"}
    workflow = define(organization, listed, limits=[{"running": 1}])
    failed = begun(workflow)
    finish(claim_one(), Expanded([1, 2]))
    one, two = claim(2)
    finish(one, Completed(1))
    finish(two, NO)
    begun(workflow)
    return _redriven(failed)


def _redriven(failed: Execution) -> Execution:
    again = dead_letters.redrive(failed, by="ada", now=clock.now(), from_failed=True)
    return Execution.objects.get(pk=again.id)


def test_a_cancel_of_one_that_waits_ends_the_items_that_it_has_taken_over(waiting: Execution) -> None:
    services.cancel(waiting, by="ada", now=clock.now())

    assert (state(waiting), steps(waiting)) == ("cancelled", ENDED)


def test_one_that_is_dropped_ends_the_items_that_it_has_taken_over(waiting: Execution) -> None:
    dropping.drop([waiting.pk], why="somebody else came", reason="limit", now=clock.now())

    assert (state(waiting), steps(waiting)) == ("cancelled", ENDED)


def _timed_out(workflow: Workflow) -> Execution:
    """Return an execution all of whose steps completed, too late."""
    execution = begun(workflow)
    (held,) = claim()
    with transaction.atomic():
        closing.request_cancel(execution.pk, by="deadline", now=clock.now(), ends_as=Ending.TIMED_OUT)
    hook = finish(held, Completed(), slot=SLOT)
    assert hook is not None
    finish(hook, Completed())
    assert state(execution) == "timed_out"
    return execution


def test_one_that_has_nothing_left_to_do_completes_and_tells_of_it(organization: Organization) -> None:
    execution = _timed_out(define(organization, {"id": "a"}, on_failure=[{"id": "f", **SET}]))

    again = _redriven(execution)

    assert state(again) == "completed"
    assert Event.objects.filter(type="workflow.completed", execution_id=again.pk).exists()


def test_one_that_completes_as_it_is_let_in_gives_its_place_on(
    organization: Organization, django_capture_on_commit_callbacks
) -> None:
    workflow = define(organization, {"id": "a"}, on_failure=[{"id": "f", **SET}], limits=[{"running": 1}])
    execution, holder = _timed_out(workflow), begun(workflow)
    again, last = _redriven(execution), begun(workflow)

    (held,) = claim()
    with django_capture_on_commit_callbacks(execute=True):
        finish(held, Completed())

    assert [state(one) for one in (holder, again, last)] == ["completed", "completed", "running"]


def test_an_answer_to_an_attempt_that_was_lost_counts_before_the_next_one_begins(
    organization: Organization,
) -> None:
    execution = begun(define(organization, {"id": "a"}))
    finish(claim_one(), Lost())
    (again,) = claim()
    finish(again, Lost())

    assert engine.settle_waiting(again.id, NO, attempt=again.attempt, now=clock.now())

    assert (state(execution), steps(execution)) == ("failed", {"a": "failed"})
    assert list(Attempt.objects.values_list("number", "outcome")) == [(1, "lost"), (2, "failed")]
