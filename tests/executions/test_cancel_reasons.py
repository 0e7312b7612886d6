"""Why an execution was cancelled stands on it, whoever ends it."""

from typing import Any

import pytest

import clock
from executions import services
from executions.rules.outcomes import Cancelled, Completed
from organizations.models import Organization
from tests.executions.beginnings import SET, SLOT, begun, claim, define, finish

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("always", [[], [{"id": "z", **SET}]], ids=["at once", "after its last steps"])
def test_who_cancelled_it_is_told_when_it_has_ended(organization: Organization, always: list[Any]) -> None:
    execution = begun(define(organization, {"id": "a"}, always=always))
    (a,) = claim()
    services.cancel(execution, by="ada", now=clock.now())

    last = finish(a, Cancelled(), slot=SLOT)
    if last is not None:
        finish(last, Completed())

    execution.refresh_from_db()
    assert (execution.state, execution.error) == ("cancelled", "cancelled by ada")


def test_of_one_that_waits_to_be_admitted_too(organization: Organization) -> None:
    workflow = define(organization, {"id": "a"}, limits=[{"running": 1}])
    begun(workflow)
    waiting = begun(workflow)

    cancelled = services.cancel(waiting, by="ada", now=clock.now())

    assert (cancelled.state, cancelled.error) == ("cancelled", "cancelled by ada")


def test_the_second_who_cancels_does_not_take_the_place_of_the_first(organization: Organization) -> None:
    execution = begun(define(organization, {"id": "a"}))
    claim()

    services.cancel(execution, by="ada", now=clock.now())
    twice = services.cancel(execution, by="grace", now=clock.now())

    assert (twice.state, twice.error) == ("running", "cancelled by ada")
