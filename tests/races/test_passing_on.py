"""What a finish passes on after its commit, while somebody else holds the row that is to hear of it."""

from typing import Any

import pytest
from django.db import connection

import clock
from executions import engine
from executions.models import Execution, StepRun
from executions.queries import Claim
from executions.rules.outcomes import Completed
from executions.waiting import children
from organizations.models import Organization
from tests.executions.beginnings import ASK, SLOT, begun, claim, define, finish, state
from tests.races.connections import beside

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_finish_whose_parent_cannot_be_told_yet_keeps_the_next_step_that_it_took(
    organization: Organization, drain: Any
) -> None:
    define(organization, {"id": "ask", **ASK}, name="child")
    parent = begun(define(organization, {"id": "sub", "kind": "workflow", "workflow": "child"}))
    drain()
    engine.wake_waiting(
        StepRun.objects.filter(waits_for="approval").values_list("pk", flat=True), now=clock.now()
    )
    (held,) = claim()
    other = begun(define(organization, {"id": "a"}, name="other"))

    def finish_impatiently() -> Claim | None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        return finish(held, Completed(), slot=SLOT)

    taken = beside(
        lambda: Execution.objects.select_for_update().get(pk=parent.pk), finish_impatiently, gives_up=True
    )

    assert isinstance(taken, Claim)
    assert taken.execution_id == other.pk
    children.tell_parents_left(now=clock.now())
    assert state(parent) == "completed"
