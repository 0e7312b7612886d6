"""A task of another application: what is sent, and whose answer counts."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery, current_app
from django.db import connection

import clock
from executions import engine, services, sweeps
from executions.errors import LostLease
from executions.models import Attempt, Execution, Source, StepRun
from executions.queries import claim
from executions.queries.claims import Slot
from executions.rules.outcomes import Completed, Failed, Waiting
from executions.services import Start
from executions.steps import remote_task
from executions.steps.remote_task import run
from executions.waiting import remote
from executions.waiting.remote import RemoteCall
from tests.conftest import MakeWorkflow
from tests.executions.calls import call as first_call
from tests.races.connections import at_once
from workflows.definition import RemoteTaskStep

pytestmark = pytest.mark.django_db

Drain = Callable[[], int]
Shift = Callable[[timedelta], None]
SLOT = Slot("default", worker="worker@test:1", lease=timedelta(seconds=30))
TWICE = {"max_attempts": 2, "initial": "0s"}


@pytest.fixture
def sent() -> Iterator[Callable[[], list[Any]]]:
    """Return what was published to the other application since the last look."""
    with current_app.connection_for_read() as broker, broker.SimpleQueue("shop") as queue:
        queue.clear()

        def look() -> list[Any]:
            return [queue.get_nowait() for _ in range(queue.qsize())]

        yield look
        queue.clear()


@pytest.fixture
def call(make_workflow: MakeWorkflow) -> Callable[..., StepRun]:
    """Start a workflow with one remote task."""

    def make(**fields: Any) -> StepRun:
        step = {
            "id": "charge",
            "kind": "remote_task",
            "task": "shop.charge",
            "broker_queue": "shop",
            **fields,
        }
        cause = Start(workflow=make_workflow(step), source=Source.MANUAL, input={"order": 7})
        return StepRun.objects.get(execution_id=services.start(cause, now=clock.now()).id)

    return make


def state(row: StepRun) -> str:
    row.refresh_from_db()
    return row.state if row.state != "waiting" else f"waits for {row.waits_for}"


def token(row: StepRun, *, failures: int = 0) -> str:
    return RemoteCall(row.pk, failures).token()


def lose_worker(row: StepRun) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE executions_steprun SET lease_expires_at = now() - interval '1 s' WHERE id = %s", [row.pk]
        )
    sweeps.rescue_expired(now=clock.now())


def test_the_message_says_what_to_run_and_whom_to_answer(call: Any, sent: Any, drain: Drain):
    row = call(args=["${{ input.order }}"], kwargs={"currency": "EUR"})

    drain()

    (message,) = sent()
    args, kwargs, embedded = message.payload
    assert (message.headers["task"], args, kwargs) == ("shop.charge", [7], {"currency": "EUR"})
    assert message.headers["idempotency_key"] == f"{row.execution_id}:charge"
    assert message.headers["horarium_attempt"] == 1
    assert embedded["callbacks"][0]["options"]["queue"] == "horarium-calls"
    assert embedded["errbacks"][0]["task"] == "executions.remote.failed"
    assert state(row) == "waits for remote"


def test_what_the_task_returned_is_the_output(call: Any, sent: Any, drain: Drain):
    row = call()
    drain()

    remote.succeeded({"paid": True}, token=token(row))

    assert (state(row), row.output) == ("completed", {"paid": True})
    assert Execution.objects.get().state == "completed"


def test_a_failure_is_told_and_tried_again_as_another_call(call: Any, sent: Any, drain: Drain):
    row = call(retry=TWICE)
    drain()

    remote.failed("id", "card refused", "shop.CardRefused", token=token(row))
    drain()

    first, second = (message.headers["id"] for message in sent())
    assert first != second
    assert Attempt.objects.get().error == "card refused"
    remote.failed("id", token=token(row, failures=1))
    assert state(row) == "failed"
    assert "whose log has the reason (task id id)" in row.error


def test_the_answer_to_a_call_that_was_given_up_is_refused(call: Any, sent: Any, drain: Drain):
    row = call(retry=TWICE)
    drain()
    remote.failed("id", token=token(row))
    drain()

    remote.succeeded("late", token=token(row))

    assert state(row) == "waits for remote"


def test_only_the_first_of_two_answers_counts(call: Any, sent: Any, drain: Drain):
    row = call()
    drain()

    remote.succeeded(1, token=token(row))
    remote.succeeded(2, token=token(row))
    remote.failed("id", token=token(row))

    assert (state(row), row.output) == ("completed", 1)


@pytest.mark.parametrize("forged", ["", "x", "{}:0", "{}:0:AAAA"])
def test_nobody_else_can_answer(call: Any, sent: Any, drain: Drain, forged: str):
    row = call()
    drain()

    remote.succeeded("forged", token=forged.format(row.pk))

    assert state(row) == "waits for remote"


def test_an_answer_that_overtakes_the_worker_ends_its_attempt(call: Any):
    row = call()
    held = claim(SLOT)
    assert held is not None

    remote.succeeded("fast", token=token(row))

    assert state(row) == "completed"
    with pytest.raises(LostLease):
        engine.finish(held, Waiting(None, waits_for="remote"), now=clock.now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(5))
def test_an_answer_that_meets_the_workers_own_write_is_never_lost(call: Any, _: int):
    row = call()
    held = claim(SLOT)
    assert held is not None

    at_once(
        lambda: remote.answer(token(row), Completed("met"), now=clock.now()),
        lambda: engine.finish(held, Waiting(None, waits_for="remote"), now=clock.now()),
    )

    assert (state(row), row.output) == ("completed", "met")


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_meets_the_rescue_of_a_lost_worker_is_never_lost(call: Any, sent: Any, drain: Drain):
    row = call()
    crash_after_sending(row)

    at_once(
        lambda: remote.answer(token(row), Completed("met"), now=clock.now()),
        lambda: lose_worker(row),
    )
    drain()

    assert (state(row), row.output) == ("completed", "met")


def test_an_answer_larger_than_an_output_may_be_fails_the_step(call: Any, sent: Any, drain: Drain):
    row = call()
    drain()

    remote.succeeded("x" * 1_000_001, token=token(row))

    assert state(row) == "failed"
    assert "the output cannot be kept" in row.error


def test_a_task_that_does_not_answer_in_time_is_sent_again(
    call: Any, sent: Any, drain: Drain, shift_clock: Shift
):
    row = call(timeout="1h", retry=TWICE)
    drain()

    shift_clock(timedelta(hours=1))
    sweeps.release_due()
    drain()

    assert (state(row), Attempt.objects.get().outcome) == ("waits for remote", "timed_out")
    assert len({message.headers["id"] for message in sent()}) == 2
    remote.succeeded("late", token=token(row))
    assert state(row) == "waits for remote"


def test_an_at_most_once_task_that_does_not_answer_ends_ambiguous(
    call: Any, sent: Any, drain: Drain, shift_clock: Shift
):
    row = call(delivery="at_most_once", timeout="1h", retry=TWICE)
    drain()

    shift_clock(timedelta(hours=1))
    sweeps.release_due()
    drain()

    assert state(row) == "ambiguous"
    assert len(sent()) == 1


def test_a_call_whose_worker_was_lost_is_sent_again_as_the_same_one(call: Any, sent: Any, drain: Drain):
    row = call()
    crash_after_sending(row)
    lose_worker(row)

    drain()

    first, second = sent()
    assert first.headers["id"] == second.headers["id"]
    assert (first.headers["horarium_attempt"], second.headers["horarium_attempt"]) == (1, 2)
    remote.succeeded("once", token=token(row))
    assert state(row) == "completed"


def test_an_answer_that_comes_while_nobody_holds_the_step_is_kept(call: Any, sent: Any, drain: Drain):
    row = call()
    crash_after_sending(row)
    lose_worker(row)
    assert state(row) == "ready"

    remote.succeeded("kept", token=token(row))
    drain()

    assert (state(row), row.output) == ("completed", "kept")
    assert len(sent()) == 1


def test_a_failure_that_comes_while_nobody_holds_the_step_is_kept(call: Any, sent: Any, drain: Drain):
    row = call()
    crash_after_sending(row)
    lose_worker(row)

    remote.failed("id", "card refused", token=token(row))
    drain()

    assert (state(row), row.error) == ("failed", "card refused")


def test_a_broker_that_is_away_is_a_failure_in_which_nothing_was_sent(monkeypatch: pytest.MonkeyPatch):
    away = Celery(
        set_as_current=False, broker="redis://127.0.0.1:1/0", broker_transport_options={"max_retries": 0}
    )
    monkeypatch.setattr(remote_task, "current_app", away)

    outcome = run(remote_step(delivery="at_most_once"), first_call())

    assert isinstance(outcome, Failed)
    assert (outcome.error_class, outcome.was_interrupted) == ("NotSent", False)


def test_an_answer_for_a_step_of_a_cancelled_execution_is_refused(call: Any, sent: Any, drain: Drain):
    row = call()
    drain()
    services.cancel(row.execution, by="kim", now=clock.now())

    remote.succeeded("late", token=token(row))

    assert state(row) == "cancelled"


def remote_step(**fields: Any) -> RemoteTaskStep:
    step = RemoteTaskStep(id="charge", kind="remote_task", task="shop.charge", broker_queue="shop")
    return step.model_copy(update=fields)


def crash_after_sending(row: StepRun) -> None:
    """Do what a worker does that dies between the publication and its record."""
    held = claim(SLOT)
    assert held is not None
    assert held.id == row.pk
    call = first_call(
        execution_id=held.execution_id,
        step_run_id=held.id,
        attempt=held.attempt,
        step=held.step,
    )
    assert isinstance(run(remote_step(), call), Waiting)
