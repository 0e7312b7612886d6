"""A step that waits for an event: none that counts is stepped over, whenever it commits, and no strange one hurts."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection

import clock
from events import sending
from executions import engine, services, sweeps
from executions.models import Attempt, Execution, Source, StepRun
from executions.queries import Claim, claim
from executions.queries.claims import Slot
from executions.services import Start
from executions.steps import Call
from executions.steps import event as event_step
from executions.waiting import event_waits
from organizations.models import Organization
from tests.conftest import MakeWorkflow
from tests.races.connections import beside
from workflows.services import definition_of

pytestmark = pytest.mark.django_db(transaction=True)

Drain = Callable[[], int]
Shift = Callable[[timedelta], None]
SLOT = Slot("default", worker="worker@test:1", lease=timedelta(seconds=30))


@pytest.fixture
def wait(make_workflow: MakeWorkflow) -> Callable[..., StepRun]:
    """Start a workflow with one step that waits for `order.paid`."""

    def make(
        *, input_: dict[str, Any] | None = None, retry: dict[str, Any] | None = None, **event: Any
    ) -> StepRun:
        step = {"id": "paid", "kind": "wait", "event": {"type": "order.paid", **event}, "retry": retry or {}}
        cause = Start(workflow=make_workflow(step), source=Source.MANUAL, input=input_ or {})
        return StepRun.objects.get(execution_id=services.start(cause, now=clock.now()).id)

    return make


@pytest.fixture
def send(organization: Organization) -> Callable[..., sending.Sent]:
    """Send an event; its data is `{"order": order}`."""
    numbers = count(1)

    def make(
        order: object = 7, *, type_: str = "order.paid", source: str = "/shop", of: Any = None
    ) -> sending.Sent:
        event = sending.Event(
            organization_id=(of or organization).pk,
            type=type_,
            source=source,
            external_id=f"event-{next(numbers)}",
            data={"order": order},
        )
        return sending.send(event, now=clock.now())

    return make


def state(row: StepRun) -> str:
    row.refresh_from_db()
    return row.state if row.state != "waiting" else f"waits for {row.waits_for}"


def test_an_event_ends_the_wait_and_is_its_output(wait: Any, send: Any, drain: Drain):
    row = wait()
    drain()
    assert state(row) == "waits for event"

    send(order=7)
    drain()

    assert state(row) == "completed"
    assert Execution.objects.get().state == "completed"
    assert row.output == {
        "id": "event-1",
        "type": "order.paid",
        "source": "/shop",
        "at": row.output["at"],
        "data": {"order": 7},
    }


def test_an_event_that_came_before_the_step_was_ready_does_not_count(wait: Any, send: Any, drain: Drain):
    send()
    row = wait()

    drain()

    assert state(row) == "waits for event"


def test_an_event_that_came_between_the_step_and_its_worker_counts(wait: Any, send: Any, drain: Drain):
    row = wait()
    send()

    drain()

    assert state(row) == "completed"


def test_an_event_within_the_look_back_counts_and_an_older_one_does_not(wait: Any, send: Any, drain: Drain):
    send(order="old")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_event SET at = at - interval '1 hour'")
    send(order="new")
    row = wait(look_back="10m")

    drain()

    assert state(row) == "completed"
    assert row.output["data"] == {"order": "new"}


@pytest.mark.parametrize("sent", [{"type_": "order.lost"}, {"source": "/warehouse"}, {"order": 8}])
def test_an_event_that_does_not_fit_does_not_end_the_wait(
    wait: Any, send: Any, drain: Drain, sent: dict[str, Any]
):
    row = wait(source="/shop", match="event.data.order == input.order", input_={"order": 7})
    drain()

    send(**sent)
    drain()
    assert state(row) == "waits for event"

    send(order=7)
    drain()
    assert state(row) == "completed"


def test_another_organizations_event_does_not_count(wait: Any, send: Any, drain: Drain):
    row = wait()
    drain()

    send(of=Organization.objects.create(slug="globex", name="Globex"))
    drain()

    assert state(row) == "waits for event"


def test_an_event_with_which_the_condition_fails_is_passed_over_and_told(
    wait: Any, send: Any, drain: Drain, shift_clock: Shift
):
    row = wait(match="event.data.order.number == 7", timeout="1h")
    send(order=None)
    drain()
    assert (
        "match" in row.__class__.objects.get(pk=row.pk).output["trouble"] or state(row) == "waits for event"
    )

    shift_clock(timedelta(hours=1))
    sweeps.release_due()
    drain()

    assert state(row) == "timed_out"
    assert "no event 'order.paid' that fits came within 1h; `match` failed on some" in row.error


def test_a_wait_that_takes_too_long_fails_or_goes_on_with_nothing(
    wait: Any, drain: Drain, shift_clock: Shift
):
    row = wait(timeout="1h", on_timeout="continue")
    drain()

    shift_clock(timedelta(hours=1))
    sweeps.release_due()
    drain()

    assert (state(row), row.output) == ("completed", None)


def test_an_event_that_comes_in_time_counts_even_where_its_worker_is_late(
    wait: Any, send: Any, drain: Drain, shift_clock: Shift
):
    row = wait(timeout="1h")
    drain()
    send()

    shift_clock(timedelta(hours=2))
    sweeps.release_due()
    drain()

    assert state(row) == "completed"


def test_a_wait_that_is_tried_again_waits_as_long_again(
    wait: Any, send: Any, drain: Drain, shift_clock: Shift
):
    row = wait(timeout="1h", retry={"max_attempts": 2, "initial": "0s"})
    drain()
    shift_clock(timedelta(hours=1))
    sweeps.release_due()
    drain()
    assert (state(row), Attempt.objects.get().outcome) == ("waits for event", "timed_out")

    shift_clock(timedelta(minutes=90))
    send()
    drain()

    assert state(row) == "completed"


def test_an_event_that_commits_while_the_row_is_becoming_one_that_waits_is_seen(wait: Any, send: Any):
    row = wait()
    held = claim(SLOT)
    assert held is not None
    step: Any = definition_of(held.version_id).steps[0]
    outcome = event_step.run(step.event, call_of(held))

    send()  # nobody waits yet: the offer finds no row
    engine.finish(held, outcome, now=clock.now())

    assert state(row) == "ready"


def test_an_event_that_commits_after_a_later_one_is_not_stepped_over(wait: Any, send: Any, drain: Drain):
    row = wait(match="event.data.order == 1")
    drain()

    def later_ones() -> None:
        send(order=2)
        work()

    beside(lambda: send(order=1), later_ones, gives_up=True)  # order 1 has the smaller id and commits last
    drain()

    assert state(row) == "completed"
    assert row.output["data"] == {"order": 1}


def test_the_sweep_finds_an_event_whose_sender_died_after_the_commit(
    wait: Any, send: Any, drain: Drain, monkeypatch: pytest.MonkeyPatch
):
    row = wait()
    drain()
    monkeypatch.setattr(sending, "_listeners", [])
    send()
    assert state(row) == "waits for event"

    assert event_waits.wake_left_behind(now=clock.now()) == 1
    drain()

    assert state(row) == "completed"


def test_the_sweep_wakes_nobody_who_has_seen_everything(wait: Any, send: Any, drain: Drain):
    wait(match="false")
    for _ in range(3):
        send()
        drain()

    assert event_waits.wake_left_behind(now=clock.now()) == 0


def test_a_transaction_that_stays_open_does_not_wake_waits_again_and_again(
    wait: Any, send: Any, drain: Drain
):
    wait(match="false")
    drain()

    def look() -> int:
        send()
        work()
        return event_waits.wake_left_behind(now=clock.now())

    # An open transaction keeps what commits beside it unsettled: it is looked at once all the same.
    assert beside(lambda: Organization.objects.create(slug="held", name="Held"), look, gives_up=True) == 0


def test_more_events_than_one_run_looks_at_are_looked_at_in_further_runs(
    wait: Any, send: Any, drain: Drain, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(event_step, "PAGE", 2)
    monkeypatch.setattr(event_step, "MOST_PAGES", 2)
    row = wait(match="event.data.order == 10")
    for order in range(1, 11):
        send(order=order)

    drain()

    assert state(row) == "completed"
    assert row.attempt == 3


def test_an_event_wakes_all_who_wait_for_its_type_and_nobody_else(
    wait: Any, send: Any, drain: Drain, make_workflow: MakeWorkflow
):
    rows = [wait()]
    other = make_workflow({"id": "lost", "kind": "wait", "event": {"type": "order.lost"}}, name="other")
    services.start(Start(workflow=other, source=Source.MANUAL), now=clock.now())
    rows.append(StepRun.objects.get(step="lost"))
    drain()

    send()

    assert [state(row) for row in rows] == ["ready", "waits for event"]


def test_a_cancelled_wait_takes_no_event(wait: Any, send: Any, drain: Drain):
    row = wait()
    drain()
    services.cancel(row.execution, by="kim", now=clock.now())

    send()
    drain()

    assert state(row) == "cancelled"


def call_of(held: Claim) -> Call:
    names = (
        "execution_id",
        "organization_id",
        "item_index",
        "attempt",
        "failures",
        "resume_at",
        "created_at",
        "kept",
    )
    given = {name: getattr(held, name) for name in names}
    return Call(step=held.step, step_run_id=held.id, now=held.started_at, variables={}, **given)


def work() -> None:
    """Run what is ready in a thread other than the main one, where the worker's signals cannot be."""
    held = claim(SLOT)
    if held is None:
        return
    step: Any = definition_of(held.version_id).steps[0]
    engine.finish(held, event_step.run(step.event, call_of(held)), now=clock.now())
