"""Progress: what running code says of itself, and when others see it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from celery import shared_task
from django.db import OperationalError, connection, transaction

import clock
import horarium
from events.models import Event
from executions import queries, services
from executions.models import Source, StepRun
from executions.queries import Claim
from executions.running import progress
from executions.running.handles import Handle
from executions.running.interrupts import Guard
from executions.services import Start
from tests.conftest import MakeWorkflow
from tests.executions.test_heartbeat import LEASE, LONG, eventually

pytestmark = pytest.mark.django_db(transaction=True)

Seen = tuple[float | None, str]


def seen() -> Seen:
    return StepRun.objects.values_list("progress", "progress_note").get()


def told() -> list[float]:
    events = Event.objects.filter(type="workflow.step.progress").order_by("id")
    return [event.data["progress"] for event in events]


def say_and_fail() -> None:
    for tenth in range(10):
        horarium.progress(tenth / 10, f"{tenth} of 10")
    raise ValueError("in the middle")


def say_in_a_transaction_that_fails() -> None:
    with transaction.atomic():
        horarium.progress(0.5)
        raise ValueError("rolled back")


def say_and_wait() -> None:
    horarium.progress(0.25, "first")
    eventually(lambda: seen() == (0.25, "first"))
    horarium.progress(0.5, "second")
    eventually(lambda: seen() == (0.5, "second"))


def say_too_much() -> None:
    horarium.progress(7, "\x00" + "a" * 300)


def names() -> list[Any]:
    return [horarium.execution_id(), horarium.attempt(), horarium.idempotency_key()]


CODE: dict[str, Callable[..., Any]] = {
    code.__name__: code
    for code in (say_and_fail, say_in_a_transaction_that_fails, say_and_wait, say_too_much, names)
}


@shared_task(name="tests.progress", bind=True)
def run_code(self: Any, name: str) -> Any:
    if name == "update_state":
        return self.update_state(state="PROGRESS", meta={"current": 3, "total": 4, "description": "rows"})
    return CODE[name]()


@pytest.fixture
def run(make_workflow: MakeWorkflow, drain: Callable[[], int]) -> Callable[[str], StepRun]:
    """Run a step with this code in this process."""

    def run_step(name: str) -> StepRun:
        step = {"id": "only", "kind": "task", "task": "tests.progress", "args": [name], "timeout": "20s"}
        services.start(Start(workflow=make_workflow(step), source=Source.MANUAL), now=clock.now())
        drain()
        return StepRun.objects.get()

    return run_step


@pytest.fixture
def held(make_workflow: MakeWorkflow) -> Claim:
    services.start(Start(workflow=make_workflow(), source=Source.MANUAL), now=clock.now())
    claimed = queries.claim(queries.Slot("default", worker="w", lease=LEASE))
    assert claimed is not None
    return claimed


@pytest.fixture
def handle(held: Claim) -> Handle:
    return Handle(held, key="key", timeout=LONG, guard=Guard())


def test_the_last_word_of_a_step_is_kept_however_it_ends(run: Callable[[str], StepRun]) -> None:
    run("say_and_fail")

    assert seen() == (0.9, "9 of 10")
    assert told() == [0.9]


def test_what_a_step_says_in_a_transaction_that_fails_is_kept(run: Callable[[str], StepRun]) -> None:
    run("say_in_a_transaction_that_fails")

    assert seen() == (0.5, "")


def test_progress_is_seen_while_the_step_runs(run: Callable[[str], StepRun]) -> None:
    assert run("say_and_wait").state == "completed"
    assert told() == [0.25, 0.5]


def test_what_cannot_be_kept_is_made_to_fit(run: Callable[[str], StepRun]) -> None:
    run("say_too_much")

    assert seen() == (1.0, "\N{REPLACEMENT CHARACTER}" + "a" * 199)


def test_a_task_that_updates_its_state_shows_progress(run: Callable[[str], StepRun]) -> None:
    assert run("update_state").state == "completed"
    assert seen() == (0.75, "rows")


def test_a_task_knows_what_it_belongs_to(run: Callable[[str], StepRun]) -> None:
    row = run("names")

    assert row.output == [str(row.execution_id), 1, f"{row.execution_id}:only"]


def test_many_words_are_one_write(handle: Handle) -> None:
    for hundredth in range(100):
        handle.progress(hundredth / 100, "")
        handle.write_now_and_then()

    assert told() == [0.0]
    handle.write()
    assert told() == [0.0, 0.99]


def test_an_attempt_that_is_over_cannot_report(held: Claim) -> None:
    StepRun.objects.update(attempt=2)

    assert not progress.write(held, fraction=0.5, note="")
    assert (seen(), told()) == ((None, ""), [])


def test_a_word_that_could_not_be_written_is_written_later(
    handle: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("the database is away")

    handle.progress(0.5, "half")
    with monkeypatch.context() as away:
        away.setattr(progress, "write", fail)
        handle.write()
    handle.write()

    assert seen() == (0.5, "half")


def test_two_threads_that_write_keep_the_order(handle: Handle) -> None:
    def write() -> None:
        handle.write()
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for number, thread in enumerate(threads):
        handle.progress(number / 4, "")
        thread.start()
    for thread in threads:
        thread.join()

    handle.write()
    assert told() == sorted(told())
    assert seen() == (0.75, "")


@pytest.mark.parametrize("seconds", [-1, 86_401, float("nan")])
def test_an_extension_out_of_bounds_is_refused(handle: Handle, seconds: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 86400"):
        handle.extend(seconds)
