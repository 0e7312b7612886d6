"""What an attempt meets on its way to a target, and what its end leaves behind."""

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from events.models import Event
from executions import circuits
from executions.circuits import process, rows
from executions.circuits.guarding import LOOK_AGAIN
from executions.models import Circuit
from executions.rules.outcomes import Cancelled, Completed, Deferred, Failed
from tests.executions.circuits.conftest import TARGET, at, row, step

pytestmark = pytest.mark.django_db

CALLS = step()
DOWN = Failed(error="GET: answered 503", error_class="UnexpectedStatus", status=503)
WELL = Completed({"status": 200})


@pytest.fixture
def attempt(make_call):
    """Make an attempt, and return what the guard said."""

    def attempt(outcome, *, after=0, calls=CALLS, **facts):
        call = make_call(after, **facts)
        held = circuits.guard(calls, call, jitter=lambda: 0.5)
        if held is None:
            circuits.note(calls, call, outcome, now=call.now)
        return held

    return attempt


@pytest.fixture
def opened(attempt):
    """Open the circuit at noon."""
    for _ in range(4):
        assert attempt(DOWN) is None


def test_after_too_many_failures_steps_wait_for_the_target(opened, attempt):
    held = attempt(WELL, after=1)

    assert held == Deferred(at(30) + LOOK_AGAIN * 1.5, waits_for="circuit", waits_key=TARGET)
    assert (row().state, row().failures, row().last_error) == ("open", 4, DOWN.error)


def test_it_opens_with_the_call_that_is_one_too_many_and_tells_once(opened, attempt):
    attempt(DOWN, after=1)

    (event,) = Event.objects.filter(type__startswith="circuit.")
    assert (event.type, event.data["target"], event.data["failures"]) == ("circuit.opened", TARGET, 4)


def test_other_workers_leave_it_alone_as_well(opened, attempt):
    process.forget()

    assert isinstance(attempt(WELL, after=1), Deferred)


def test_another_organizations_calls_are_not_held_up(opened, attempt, make_call):
    assert attempt(WELL, after=1, organization_id=make_call().execution_id) is None


def test_a_target_that_is_well_is_never_written_and_read_once_a_second(attempt):
    attempt(WELL)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for tenth in range(1, 21):
            attempt(WELL, after=tenth / 10)

    assert not Circuit.objects.exists()
    assert len(asked) == 2


def test_failures_are_told_once_a_second_however_many_there_are(attempt):
    lenient = step(circuit_breaker={"failures": 1.0, "minimum": 1000})
    attempt(WELL, calls=lenient)
    with CaptureQueriesContext(connection) as asked:
        for tenth in range(1, 31):
            attempt(DOWN, after=tenth / 10, calls=lenient)

    assert (row().successes, row().failures) == (1, 29)
    assert sum(query["sql"].startswith("UPDATE") for query in asked) == 3


def test_successes_count_as_soon_as_anybody_has_failed(attempt):
    for _ in range(6):
        attempt(WELL)
    attempt(DOWN, after=1)
    attempt(WELL, after=2)
    assert (row().successes, row().failures) == (6, 1)

    process.forget()
    for seconds in (3, 3.2, 3.4, 4):
        attempt(WELL, after=seconds)
    assert (row().successes, row().failures) == (9, 1)


def test_what_was_counted_long_ago_is_told_to_nobody(attempt):
    for _ in range(3):
        attempt(DOWN)
    attempt(DOWN, after=61)
    attempt(WELL, after=63)

    assert (row().successes, row().failures) == (0, 1)


def test_the_pause_over_one_attempt_probes_and_the_others_wait(opened, make_call):
    probe = make_call(31)
    assert circuits.guard(CALLS, probe) is None
    process.forget()
    assert isinstance(circuits.guard(CALLS, make_call(31)), Deferred)

    assert (row().state, row().probing_until) == ("half_open", at(31 + 10 + 10))


def test_a_probe_that_is_well_closes_the_circuit_for_all(opened, attempt):
    assert attempt(WELL, after=31) is None
    process.forget()

    assert attempt(WELL, after=31) is None
    assert (row().state, row().failures) == ("closed", 0)
    assert list(Event.objects.order_by("pk").values_list("type", flat=True)) == [
        "circuit.opened",
        "circuit.closed",
    ]


def test_a_probe_that_fails_means_another_pause(opened, attempt):
    assert attempt(DOWN, after=31) is None

    assert isinstance(attempt(WELL, after=60), Deferred)
    assert (row().state, row().retry_at) == ("open", at(61))
    assert Event.objects.count() == 1


def test_a_probe_that_finds_out_nothing_is_followed_by_another_at_once(opened, attempt):
    assert attempt(Cancelled(), after=31) is None

    assert attempt(WELL, after=32) is None
    assert row().state == "closed"


def test_a_probe_whose_worker_died_is_followed_by_another(opened, make_call, attempt):
    circuits.guard(CALLS, make_call(31))
    process.forget()

    assert isinstance(attempt(WELL, after=50), Deferred)
    assert attempt(WELL, after=51) is None
    assert row().state == "closed"


def test_the_age_of_the_retry_policy_bounds_the_wait(opened, attempt):
    patient = step(retry={"max_age": "60s"})

    assert attempt(WELL, after=10, waited=10, calls=patient) == Deferred(
        at(60), waits_for="circuit", waits_key=TARGET
    )
    failed = attempt(WELL, after=20, waited=60, calls=patient)
    assert (failed.error_class, failed.is_final) == ("CircuitOpen", True)
    assert "http:api.example was not called" in failed.error


def test_a_note_of_another_attempt_than_the_one_let_through_is_passed_over(make_call):
    circuits.guard(CALLS, make_call())
    for _ in range(9):
        circuits.note(CALLS, make_call(), DOWN)

    assert not Circuit.objects.exists()


def test_a_step_without_a_breaker_is_neither_held_up_nor_counted(opened, attempt):
    unguarded = step(circuit_breaker=False)

    assert attempt(DOWN, after=1, calls=unguarded) is None
    assert row().failures == 4


def test_a_database_that_is_away_holds_up_no_attempt(opened, attempt, monkeypatch):
    def away(*args, **options):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(rows, "read", away)
    monkeypatch.setattr(rows, "change", away)

    assert attempt(DOWN, after=40) is None
