"""Hard limits: a process whose step cannot be interrupted is killed, and its successor records why."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import OperationalError

import clock
from executions import queries, services
from executions.models import Attempt, Execution, Source, StepRun
from executions.queries import Claim
from executions.running.hard_limits import successor, table
from executions.running.hard_limits.table import Slot
from executions.running.hard_limits.watch import GRACE_SECONDS, Watch
from executions.running.interrupts import Cause
from executions.services import Start
from tests.conftest import MakeWorkflow

LEASE = timedelta(seconds=30)
INDEX = 7
SOMETHING = UUID(int=7)
ENDS = 1_000_000_000.0  # monotonic seconds, long after any test
KILLED = -9
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def child() -> Iterator["subprocess.Popen[bytes]"]:
    """A process of the pool, as its parent sees it."""
    process = subprocess.Popen(SLEEP)
    table.take(INDEX, process.pid)
    yield process
    process.kill()
    process.wait()
    _forget()


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    _forget()


def _forget() -> None:
    table.take(INDEX, 0)
    table._mine = None


@pytest.fixture
def watch() -> Watch:
    return Watch(lease=LEASE)


@pytest.fixture
def held(make_workflow: MakeWorkflow) -> Claim:
    """A step that a worker holds, which may be tried twice and fail then."""
    step = {"id": "only", "kind": "set", "values": {}, "timeout": "9s", "retry": {"max_attempts": 2}}
    services.start(Start(workflow=make_workflow(step), source=Source.MANUAL), now=clock.now())
    claimed = queries.claim(queries.Slot("default", worker="w", lease=LEASE))
    assert claimed is not None
    return claimed


def begin(held: Claim | None = None, *, ends: float = ENDS, heeds_cancel: bool = True) -> float:
    """Note that the child runs a step, and return when it was seen last."""
    table.begin(
        held.id if held else SOMETHING, held.attempt if held else 1, ends=ends, heeds_cancel=heeds_cancel
    )
    return table.read(INDEX).seen


def is_killed(process: "subprocess.Popen[bytes]") -> bool:
    if table.read(INDEX).killed_for is None:
        return False
    assert process.wait(10) == KILLED
    return True


def lease_left() -> timedelta:
    ends = StepRun.objects.get().lease_expires_at
    assert ends is not None
    return ends - clock.now()


def left(held: Claim, *, killed_for: Cause | None) -> Slot:
    """Return what a process left that has died in mid step."""
    return Slot(99, ENDS, ENDS, held.id, held.attempt, True, Cause.TIMEOUT, killed_for)


def test_a_process_that_is_past_its_time_is_killed(watch: Watch, child: "subprocess.Popen[bytes]") -> None:
    begin(ends=10)
    watch.look(now=10 + GRACE_SECONDS)

    assert is_killed(child)
    assert table.read(INDEX).killed_for is Cause.TIMEOUT


def test_code_that_was_interrupted_has_a_moment_to_clean_up(
    watch: Watch, child: "subprocess.Popen[bytes]"
) -> None:
    begin(ends=10)
    watch.look(now=9.9 + GRACE_SECONDS)

    assert not is_killed(child)


@pytest.mark.parametrize("change", [table.release, lambda: table.move(20)], ids=["ends", "extends"])
def test_a_step_that_ends_or_extends_in_time_is_left_alone(
    watch: Watch, child: "subprocess.Popen[bytes]", change: Callable[[], None]
) -> None:
    begin(ends=10)
    change()
    watch.look(now=11 + GRACE_SECONDS)

    assert not is_killed(child)


def test_a_slot_is_read_as_it_was_written(child: "subprocess.Popen[bytes]") -> None:
    seen = begin(ends=10, heeds_cancel=False)

    assert table.read(INDEX) == Slot(child.pid, 10, seen, SOMETHING, 1, False, Cause.TIMEOUT, None)
    assert list(table.running()) == [INDEX]


def test_a_process_that_was_asked_to_end_is_killed_for_that(
    watch: Watch, child: "subprocess.Popen[bytes]"
) -> None:
    begin()
    table.end_by(10, step_run_id=SOMETHING, attempt=1, cause=Cause.CANCEL)
    watch.look(now=10 + GRACE_SECONDS)

    assert is_killed(child)
    assert table.read(INDEX).killed_for is Cause.CANCEL


def test_what_an_earlier_attempt_was_asked_counts_no_more(
    watch: Watch, child: "subprocess.Popen[bytes]"
) -> None:
    table.end_by(10, step_run_id=SOMETHING, attempt=2, cause=Cause.CANCEL)
    begin()
    watch.look(now=10 + GRACE_SECONDS)

    assert not is_killed(child)


def test_a_process_of_somebody_else_with_the_same_number_is_left_alone(watch: Watch) -> None:
    table.take(INDEX, os.getppid())
    begin(ends=10)
    watch.look(now=10 + GRACE_SECONDS)

    assert table.read(INDEX).killed_for is None


def test_a_process_without_a_slot_writes_nothing() -> None:
    begin(ends=10)
    table.move(20)
    table.show_life()
    table.end_by(10, step_run_id=SOMETHING, attempt=1, cause=Cause.CANCEL)
    table.release()

    assert table.running() == {}


@pytest.mark.django_db(transaction=True)
def test_the_parent_renews_the_lease_of_a_silent_process(
    watch: Watch, child: "subprocess.Popen[bytes]", held: Claim
) -> None:
    StepRun.objects.update(lease_expires_at=clock.now() + timedelta(seconds=1))
    seen = begin(held)
    watch.look(now=seen + 9)
    assert lease_left() < timedelta(seconds=2)

    watch.look(now=seen + 11)

    assert lease_left() > timedelta(seconds=20)
    assert not is_killed(child)


@pytest.mark.django_db(transaction=True)
def test_a_silent_process_that_has_lost_its_lease_is_killed(
    watch: Watch, child: "subprocess.Popen[bytes]", held: Claim
) -> None:
    seen = begin(held)
    StepRun.objects.update(attempt=2)

    watch.look(now=seen + 11)

    assert is_killed(child)
    assert table.read(INDEX).killed_for is Cause.LOST


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("heeds_cancel", [True, False])
def test_a_silent_process_is_killed_by_the_cancel_that_it_heeds(
    watch: Watch,
    child: "subprocess.Popen[bytes]",
    held: Claim,
    heeds_cancel: bool,
) -> None:
    seen = begin(held, heeds_cancel=heeds_cancel)
    services.cancel(Execution.objects.get(), by="ada", now=clock.now())

    watch.look(now=seen + 11)

    assert is_killed(child) == heeds_cancel


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_kills_nobody(
    watch: Watch, child: "subprocess.Popen[bytes]", held: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(queries, "renew", fail)
    seen = begin(held)

    watch.look(now=seen + 11)

    assert not is_killed(child)


@pytest.mark.django_db(transaction=True)
def test_a_process_that_was_killed_at_its_timeout_has_timed_out(held: Claim) -> None:
    successor.record(left(held, killed_for=Cause.TIMEOUT))

    attempt = Attempt.objects.get()
    assert attempt.outcome == "timed_out"
    assert "longer than its timeout of 9 s" in attempt.error
    assert StepRun.objects.get().state == "waiting"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("cause", "attempts"),
    [(None, ["lost"]), (Cause.STOP, ["released"]), (Cause.CANCEL, []), (Cause.LOST, [])],
)
def test_the_successor_records_why_its_predecessor_died(
    held: Claim, cause: Cause | None, attempts: list[str]
) -> None:
    successor.record(left(held, killed_for=cause))

    assert list(Attempt.objects.values_list("outcome", flat=True)) == attempts


@pytest.mark.django_db(transaction=True)
def test_a_finish_that_raced_the_kill_stands(held: Claim) -> None:
    StepRun.objects.update(state="completed", lease_expires_at=None, finished_at=clock.now())

    successor.record(left(held, killed_for=Cause.TIMEOUT))

    assert StepRun.objects.get().state == "completed"
    assert not Attempt.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_was_rescued_meanwhile_is_left_alone(held: Claim) -> None:
    StepRun.objects.update(attempt=2)

    successor.record(left(held, killed_for=None))

    assert StepRun.objects.get().state == "running"


@pytest.mark.django_db(transaction=True)
def test_an_outcome_is_recorded_once_the_database_is_back(
    held: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, failed = queries.held, threading.Event()

    def fail_once(step_run_id: UUID) -> Claim | None:
        if failed.is_set():
            return read(step_run_id)
        failed.set()
        raise OperationalError("the database is away")

    monkeypatch.setattr(queries, "held", fail_once)
    successor.record(left(held, killed_for=Cause.TIMEOUT))

    assert Attempt.objects.get().outcome == "timed_out"
