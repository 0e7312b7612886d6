"""The heartbeat: keeps a lease alive, and notices why a step should end."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError

import clock
from executions import queries, services
from executions.models import Execution, Pulse, Source, StepRun
from executions.queries import Claim, Slot
from executions.running import heartbeat as heartbeats
from executions.running.heartbeat import Heartbeat
from executions.running.interrupts import Cause, Guard, Interrupted
from executions.services import Start
from tests.conftest import MakeWorkflow

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = timedelta(seconds=0.6)
LONG = timedelta(minutes=1)
NODE = "worker@test"


@pytest.fixture
def guard() -> Iterator[Guard]:
    before = signal.getsignal(signal.SIGALRM)
    yield Guard()
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def heartbeat(guard: Guard, transactional_db: None) -> Iterator[Heartbeat]:
    made = Heartbeat(guard, node=NODE, grace=timedelta(0))
    yield made
    made.release()
    assert made._asleep.wait(10)  # its connection is closed, so that the tables can be emptied


@pytest.fixture
def held(make_workflow: MakeWorkflow) -> Claim:
    services.start(Start(workflow=make_workflow(), source=Source.MANUAL), now=clock.now())
    claimed = queries.claim(Slot("default", worker="w", lease=LEASE))
    assert claimed is not None
    return claimed


def eventually(holds: Callable[[], bool]) -> None:
    """Look at a row until what it should say holds."""
    until = time.monotonic() + 10
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < until
        pause.wait(0.02)


def lease_end(held: Claim) -> datetime:
    ends: datetime | None = StepRun.objects.get(pk=held.id).lease_expires_at
    assert ends is not None
    return ends


def interrupted(guard: Guard, heartbeat: Heartbeat, held: Claim) -> Cause:
    """Return why the code of a step that never ends was interrupted."""
    heartbeat.watch(held, lease=LEASE)
    with pytest.raises(Interrupted) as caught, guard.armed(held, timeout=LONG):
        threading.Event().wait(30)
    heartbeat.release()
    return caught.value.cause


def test_a_lease_is_renewed_for_as_long_as_its_step_is_watched(heartbeat: Heartbeat, held: Claim) -> None:
    first = lease_end(held)

    heartbeat.watch(held, lease=LEASE)

    eventually(lambda: lease_end(held) > first + LEASE)
    assert queries.expired(10) == []


def test_a_lease_that_nobody_watches_any_more_ends(heartbeat: Heartbeat, held: Claim) -> None:
    heartbeat.watch(held, lease=LEASE)
    heartbeat.release()

    eventually(lambda: [expired.id for expired in queries.expired(10)] == [held.id])


def test_a_step_that_another_worker_has_taken_is_interrupted_as_lost(
    guard: Guard, heartbeat: Heartbeat, held: Claim
) -> None:
    StepRun.objects.filter(pk=held.id).update(attempt=2)

    assert interrupted(guard, heartbeat, held) is Cause.LOST


def test_a_step_of_a_cancelled_execution_is_interrupted_and_keeps_its_lease(
    guard: Guard, heartbeat: Heartbeat, held: Claim
) -> None:
    services.cancel(Execution.objects.get(), by="ada", now=clock.now())
    first = lease_end(held)

    assert interrupted(guard, heartbeat, held) is Cause.CANCEL
    assert lease_end(held) > first


def test_a_step_whose_lease_cannot_be_renewed_is_lost_when_the_lease_ends(
    guard: Guard, heartbeat: Heartbeat, held: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(queries, "renew", fail)
    began = time.monotonic()

    assert interrupted(guard, heartbeat, held) is Cause.LOST
    assert time.monotonic() - began >= LEASE.total_seconds()


def test_a_renewal_that_failed_once_is_tried_again(
    heartbeat: Heartbeat, held: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, renew, failed = lease_end(held), queries.renew, threading.Event()

    def fail_once(claim: Claim, *, lease: timedelta) -> queries.Renewal:
        if failed.is_set():
            return renew(claim, lease=lease)
        failed.set()
        raise OperationalError("the connection was closed")

    monkeypatch.setattr(queries, "renew", fail_once)
    heartbeat.watch(held, lease=LEASE)

    eventually(lambda: lease_end(held) > first)
    assert failed.is_set()


def test_a_stopping_worker_interrupts_its_step_when_its_grace_is_over(
    guard: Guard, heartbeat: Heartbeat, held: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeats, "is_stopping", lambda: True)

    assert interrupted(guard, heartbeat, held) is Cause.STOP


def test_a_step_that_switched_its_alarm_off_still_meets_its_timeout(
    guard: Guard, heartbeat: Heartbeat, held: Claim
) -> None:
    heartbeat.watch(held, lease=LEASE)

    def switch_the_alarm_off() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        threading.Event().wait(30)

    with pytest.raises(Interrupted) as caught, guard.armed(held, timeout=timedelta(milliseconds=50)):
        switch_the_alarm_off()

    heartbeat.release()
    assert caught.value.cause is Cause.TIMEOUT


def test_a_step_that_undoes_or_follows_is_not_interrupted_by_the_cancel(
    guard: Guard, heartbeat: Heartbeat, held: Claim
) -> None:
    services.cancel(Execution.objects.get(), by="ada", now=clock.now())
    first = lease_end(held)

    with guard.armed(held, timeout=LONG):
        heartbeat.watch(held, lease=LEASE, heeds_cancel=False)
        eventually(lambda: lease_end(held) > first)

    heartbeat.release()


def test_a_process_that_is_held_by_a_long_step_shows_that_it_lives(
    heartbeat: Heartbeat, held: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeats, "PULSE_SECONDS", 0)

    heartbeat.watch(held, lease=LEASE)

    eventually(lambda: Pulse.objects.filter(name=NODE, role=Pulse.Role.WORKER).exists())


def test_a_released_step_is_interrupted_no_more(guard: Guard, heartbeat: Heartbeat, held: Claim) -> None:
    StepRun.objects.filter(pk=held.id).update(attempt=2)
    heartbeat.watch(held, lease=LEASE)
    heartbeat.release()

    with guard.armed(held, timeout=LONG):
        assert heartbeat._asleep.wait(10)


def test_a_thread_that_sleeps_takes_up_the_next_step(heartbeat: Heartbeat, held: Claim) -> None:
    assert heartbeat._asleep.wait(10)
    first = lease_end(held)

    heartbeat.watch(held, lease=LEASE)

    eventually(lambda: lease_end(held) > first)
