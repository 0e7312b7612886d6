"""A sweep looks at so many rows at a time: those that it can do nothing about must not hide the others."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import clock
from executions import services, sweeps
from executions.rules.outcomes import Cancelled, Completed
from executions.waiting import children
from organizations.models import Organization
from tests.executions.beginnings import ASK, SET, begun, claim, claim_one, define, finish, state

pytestmark = pytest.mark.django_db(transaction=True)

Shift = Callable[[timedelta], None]
SUB = {"kind": "workflow", "workflow": "child"}


def test_an_execution_whose_hooks_run_past_its_deadline_keeps_no_other_from_timing_out(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, shift_clock: Shift
) -> None:
    monkeypatch.setattr(sweeps, "RESCUE_BATCH", 1)
    hooked: dict[str, Any] = {"always": [{"id": "z", **SET}], "timeout": "1h"}
    tidying = begun(define(organization, {"id": "a"}, name="tidying", **hooked))
    finish(claim_one(), Completed())
    other = begun(define(organization, {"id": "a"}, name="other", timeout="1h"))
    shift_clock(timedelta(hours=2))

    sweeps.time_out(now=clock.now())
    sweeps.time_out(now=clock.now())

    assert (state(tidying), state(other)) == ("running", "timed_out")


def test_children_that_run_on_keep_no_other_from_being_ended(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, drain: Callable[[], int]
) -> None:
    monkeypatch.setattr(children, "BATCH", 1)
    define(organization, {"id": "ask", **ASK}, name="child")
    tidying = begun(define(organization, {"id": "a"}, name="tidying", always=[{"id": "z", **SUB}]))
    (held,) = claim()
    services.cancel(tidying, by="ada", now=clock.now())
    finish(held, Cancelled())
    drain()
    left = begun(define(organization, {"id": "sub", **SUB}, name="left"))
    drain()
    type(left).objects.filter(pk=left.pk).update(cancel_requested_at=clock.now(), ends_as="cancelled")

    children.cancel_children_left(now=clock.now())

    assert (state(tidying), state(left)) == ("running", "cancelled")
