"""Steps whose code does what it should not: only they may suffer."""

import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
from celery import shared_task
from django.db import connection, transaction

import clock
from executions import services
from executions.models import Attempt, Execution, Source
from executions.services import Start
from tests.conftest import MakeWorkflow

pytestmark = pytest.mark.django_db(transaction=True)

Drain = Callable[[], int]


class Mute(Exception):
    """An exception that cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def leave_a_transaction_open() -> None:
    transaction.atomic().__enter__()


def switch_autocommit_off() -> None:
    transaction.set_autocommit(False)


def close_the_connection() -> None:
    connection.close()


def break_the_connection() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def leave() -> None:
    raise SystemExit(3)


def press_ctrl_c() -> None:
    raise KeyboardInterrupt


def raise_half_a_character() -> None:
    raise FileNotFoundError("caf\udce9\x00.txt")


def raise_without_words() -> None:
    raise Mute


def sleep_in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30)")


def switch_the_alarm_off() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    threading.Event().wait(30)


HARMLESS = (leave_a_transaction_open, switch_autocommit_off, close_the_connection)
FAILING = (break_the_connection, leave, press_ctrl_c, raise_half_a_character, raise_without_words)
HANGING = (sleep_in_the_database, switch_the_alarm_off)
CODE = {code.__name__: code for code in (*HARMLESS, *FAILING, *HANGING)}


@shared_task(name="tests.poison")
def poison(name: str) -> None:
    CODE[name]()


def run(make_workflow: MakeWorkflow, drain: Drain, name: str) -> tuple[Execution, Execution]:
    """Run a step with this code, and then an innocent one, in this process."""
    bad = make_workflow(
        {"id": "bad", "kind": "task", "task": "tests.poison", "args": [name], "timeout": "1s"}, name="bad"
    )
    innocent = make_workflow({"id": "good"}, {"id": "better", "needs": ["good"]}, name="innocent")
    ids = [
        services.start(Start(workflow=workflow, source=Source.MANUAL), now=clock.now()).id
        for workflow in (bad, innocent)
    ]
    drain()
    drain()
    first, second = (Execution.objects.get(pk=execution_id) for execution_id in ids)
    return first, second


@pytest.mark.parametrize("code", HARMLESS, ids=lambda code: code.__name__)
def test_what_a_step_leaves_behind_harms_nobody(make_workflow: MakeWorkflow, drain: Drain, code: Any) -> None:
    bad, innocent = run(make_workflow, drain, code.__name__)

    assert (bad.state, innocent.state) == ("completed", "completed")
    assert not connection.in_atomic_block
    assert connection.get_autocommit()


@pytest.mark.parametrize("code", FAILING, ids=lambda code: code.__name__)
def test_whatever_a_step_raises_is_one_failed_attempt(
    make_workflow: MakeWorkflow, drain: Drain, code: Any
) -> None:
    bad, innocent = run(make_workflow, drain, code.__name__)

    assert (bad.state, innocent.state) == ("failed", "completed")
    assert list(Attempt.objects.values_list("number", "outcome")) == [(1, "failed")]


@pytest.mark.parametrize("code", HANGING, ids=lambda code: code.__name__)
def test_a_step_that_hangs_times_out_once(make_workflow: MakeWorkflow, drain: Drain, code: Any) -> None:
    bad, innocent = run(make_workflow, drain, code.__name__)

    assert (bad.state, innocent.state) == ("failed", "completed")
    assert list(Attempt.objects.values_list("number", "outcome")) == [(1, "timed_out")]


@pytest.mark.parametrize("task", ["executions.start", "schedules.fire_due", "celery.backend_cleanup"])
def test_the_platforms_own_tasks_are_no_steps(make_workflow: MakeWorkflow, task: str) -> None:
    with pytest.raises(ValueError, match=r"steps\[0\]\.task"):
        make_workflow({"id": "a", "kind": "task", "task": task})
