"""Soft timeouts and extensions: what code meets before its timeout, and how it asks for more time."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

import clock
import horarium
from executions import services
from executions.models import Attempt, Execution, Source
from executions.running.interrupts import Cause, Guard, Interrupted
from executions.services import Start
from tests.conftest import MakeWorkflow

LONG = timedelta(minutes=1)
SHORT = timedelta(milliseconds=50)
TWICE = timedelta(milliseconds=100)


@pytest.fixture
def guard() -> Iterator[Guard]:
    before = signal.getsignal(signal.SIGALRM)
    yield Guard()
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def block() -> None:
    threading.Event().wait(30)
    pytest.fail("nothing interrupted it")


def spend(seconds: float) -> None:
    threading.Event().wait(seconds)


def test_code_meets_its_soft_timeout_once_and_then_its_timeout(guard: Guard) -> None:
    met = []

    def stubborn() -> None:
        try:
            block()
        except SoftTimeLimitExceeded as error:
            met.append(error)
        block()

    with pytest.raises(Interrupted) as caught, guard.armed("step", timeout=TWICE, soft_timeout=SHORT):
        stubborn()

    assert (caught.value.cause, len(met)) == (Cause.TIMEOUT, 1)


def test_code_without_a_soft_timeout_meets_none(guard: Guard) -> None:
    with pytest.raises(Interrupted), guard.armed("step", timeout=SHORT):
        block()


def test_a_soft_timeout_is_not_carried_into_the_next_window(guard: Guard) -> None:
    with pytest.raises(SoftTimeLimitExceeded), guard.armed("first", timeout=LONG, soft_timeout=SHORT):
        block()

    with guard.armed("second", timeout=LONG):
        spend(0.1)


def test_code_that_switched_its_alarm_off_meets_its_soft_timeout_too(guard: Guard) -> None:
    def enforce() -> None:
        while not met.wait(0.02):
            guard.enforce("step")

    def switch_the_alarm_off() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        thread.start()
        block()

    met, thread = threading.Event(), threading.Thread(target=enforce)
    with pytest.raises(SoftTimeLimitExceeded), guard.armed("step", timeout=LONG, soft_timeout=SHORT):
        switch_the_alarm_off()

    met.set()
    thread.join()


def test_an_extension_moves_both_timeouts(guard: Guard) -> None:
    with guard.armed("step", timeout=TWICE, soft_timeout=SHORT):
        guard.extend("step", LONG.total_seconds())
        spend(0.2)

    assert guard.ends > time.monotonic() + 50


def test_an_extension_after_the_soft_timeout_brings_a_second_one(guard: Guard) -> None:
    with guard.armed("step", timeout=TWICE, soft_timeout=SHORT):
        with pytest.raises(SoftTimeLimitExceeded):
            block()
        guard.extend("step", 0.5)
        with pytest.raises(SoftTimeLimitExceeded):
            block()


def test_an_extension_shortens_nothing(guard: Guard) -> None:
    with guard.armed("step", timeout=LONG):
        ends = guard.ends
        guard.extend("step", 1)

    assert guard.ends == ends


def test_an_extension_that_comes_late_moves_nothing(guard: Guard) -> None:
    with guard.armed("first", timeout=LONG):
        pass
    with guard.armed("second", timeout=LONG):
        ends = guard.ends
        guard.extend("first", 3600)

    assert guard.ends == ends
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def clean_up() -> str:
    try:
        block()
    except SoftTimeLimitExceeded:
        return "cleaned up"
    return "never"


def loop() -> str:
    for _ in range(6):
        spend(0.25)
        horarium.heartbeat()
    return "done"


def extend_once() -> str:
    horarium.extend(30)
    spend(1.3)
    return "done"


CODE = {code.__name__: code for code in (block, clean_up, loop, extend_once)}


@shared_task(name="tests.soft_timeout")
def run_code(name: str) -> Any:
    return CODE[name]()


@pytest.fixture
def run(make_workflow: MakeWorkflow, drain: Callable[[], int]) -> Callable[..., Execution]:
    """Run a step with this code and these settings in this process."""

    def run_step(name: str, **settings: Any) -> Execution:
        step = {"id": "only", "kind": "task", "task": "tests.soft_timeout", "args": [name], **settings}
        started = services.start(Start(workflow=make_workflow(step), source=Source.MANUAL), now=clock.now())
        drain()
        return Execution.objects.get(pk=started.id)

    return run_step


@pytest.mark.django_db(transaction=True)
def test_a_task_may_clean_up_and_complete(run: Callable[..., Execution]) -> None:
    assert run("clean_up", timeout="20s", soft_timeout="1s").state == "completed"


@pytest.mark.django_db(transaction=True)
def test_a_soft_timeout_that_a_task_lets_pass_is_a_timeout(run: Callable[..., Execution]) -> None:
    run("block", timeout="20s", soft_timeout="1s")

    attempt = Attempt.objects.get()
    assert attempt.outcome == "timed_out"
    assert "SoftTimeLimitExceeded" in attempt.error


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", ["loop", "extend_once"])
def test_a_task_that_asks_for_time_may_run_longer_than_its_timeout(
    run: Callable[..., Execution], code: str
) -> None:
    assert run(code, timeout="1s").state == "completed"


def test_outside_of_a_step_nothing_is_asked_for() -> None:
    horarium.extend(30)
    horarium.heartbeat()
    horarium.progress(0.5)

    assert (horarium.idempotency_key(), horarium.attempt(), horarium.execution_id()) == (None, None, None)
