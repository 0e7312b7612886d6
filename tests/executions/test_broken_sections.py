"""Once a step has broken its section, nothing of it begins, waits or is tried again, whatever it was doing then."""

from datetime import UTC, datetime, timedelta

import pytest

import clock
from events.models import Event
from executions import services
from executions.rules.outcomes import Cancelled, Completed, Expanded, Failed, Lost, Outcome, Waiting
from organizations.models import Organization
from tests.executions.beginnings import NO, SET, SLOT, begun, claim, claim_one, define, finish, state, steps

pytestmark = pytest.mark.django_db

FAR = datetime(2040, 1, 1, tzinfo=UTC)
RETRY = {"max_attempts": 5, "initial": "1h"}
GOES_ON = {
    "waits for a person": Waiting(None, waits_for="approval"),
    "waits until an instant": Waiting(FAR),
    "is to be tried again later": Failed(error="no", error_class="X", retry_in=timedelta(days=2)),
    "has lost its worker": Lost(),
    "has items": Expanded([1, 2]),
}


@pytest.mark.parametrize("outcome", GOES_ON.values(), ids=list(GOES_ON))
def test_a_step_that_ran_while_another_one_failed_does_not_go_on(
    organization: Organization, outcome: Outcome
) -> None:
    execution = begun(define(organization, {"id": "a"}, {"id": "b", "retry": RETRY}))
    a, b = claim(2)
    finish(a, NO)

    finish(b, outcome)

    assert (state(execution), steps(execution)["b"]) == ("failed", "cancelled")


def test_an_item_that_ran_while_another_one_failed_does_not_begin_to_wait(organization: Organization) -> None:
    execution = begun(define(organization, {"id": "a", "for_each": [1, 2, 3]}))
    finish(claim_one(), Expanded([1, 2, 3]))
    one, two, three = claim(3)
    finish(one, NO)

    finish(two, Waiting(None, waits_for="approval"))
    finish(three, Completed())

    assert state(execution) == "failed"
    assert steps(execution) == {"a": "failed", "a[0]": "failed", "a[1]": "cancelled", "a[2]": "completed"}


def test_an_item_of_a_list_beside_a_failed_step_is_not_tried_again(organization: Organization) -> None:
    execution = begun(define(organization, {"id": "a"}, {"id": "b", "for_each": [1, 2], "retry": RETRY}))
    a, b = claim(2)
    finish(b, Expanded([1, 2]))
    one, two = claim(2)
    finish(a, NO)

    finish(one, NO)
    finish(two, Completed())

    assert (state(execution), steps(execution)["b[0]"]) == ("failed", "cancelled")


def test_a_hook_that_ran_while_another_one_failed_does_not_go_on(organization: Organization) -> None:
    hooks = [{"id": "y", **SET}, {"id": "z", **SET}]
    execution = begun(define(organization, {"id": "a"}, always=hooks))
    finish(claim_one(), Completed())
    y, z = claim(2)
    finish(y, NO)

    finish(z, Waiting(None, waits_for="approval"))

    assert (state(execution), steps(execution)["z"]) == ("failed", "cancelled")


def test_a_list_that_a_cancel_ends_is_not_told_as_failed(organization: Organization) -> None:
    execution = begun(define(organization, {"id": "a", "for_each": [1, 2]}))
    finish(claim_one(), Expanded([1, 2]))
    one, two = claim(2)
    services.cancel(execution, by="ada", now=clock.now())

    finish(one, Cancelled())
    finish(two, Cancelled())

    assert (state(execution), steps(execution)["a"]) == ("cancelled", "cancelled")
    assert not Event.objects.filter(type="workflow.step.failed").exists()


def test_what_a_worker_goes_on_with_after_a_cancel_knows_how_the_execution_ends(
    organization: Organization,
) -> None:
    undone = {"id": "a", "compensate": SET}
    execution = begun(define(organization, undone, always=[{"id": "z", **SET}]))
    (a,) = claim()
    services.cancel(execution, by="ada", now=clock.now())

    undo = finish(a, Completed(), slot=SLOT)
    assert undo is not None
    last = finish(undo, Completed(), slot=SLOT)

    assert last is not None
    assert (undo.ends_as, last.step, last.ends_as) == ("cancelled", "z", "cancelled")


def test_what_a_cancelled_step_has_kept_is_not_its_output(organization: Organization) -> None:
    execution = begun(define(organization, {"id": "a"}))
    (a,) = claim()
    services.cancel(execution, by="ada", now=clock.now())

    finish(a, Waiting(None, waits_for="approval", kept={"message": "Go on?"}))

    assert steps(execution) == {"a": "cancelled"}
    assert execution.step_runs.get().output is None
