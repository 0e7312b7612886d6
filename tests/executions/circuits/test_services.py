"""What people may do to circuits, and how waiting steps are let go on."""

from datetime import timedelta
from functools import partial

import pytest

from events.models import Event
from executions import circuits
from executions.circuits import breaker, rows
from executions.circuits.breaker import Tally
from executions.circuits.releasing import BATCH, SPACING
from executions.circuits.services import UNUSED
from executions.models import Circuit, Execution, StepRun
from executions.rules.outcomes import Deferred
from executions.services import Start, start
from tests.executions.circuits.conftest import BREAKER, TARGET, at, row, step
from tests.executions.circuits.test_breaker import NOON
from workflows.definition import CircuitBreaker

pytestmark = pytest.mark.django_db

LATER = at(600)


@pytest.fixture
def opened(key):
    """Open the circuit at noon, until half a minute later."""
    many = partial(breaker.counted, tally=Tally(0, 9), policy=CircuitBreaker(**BREAKER), now=NOON)
    rows.change(key, many, now=NOON, error="answered 503")


@pytest.fixture
def waiting(make_workflow):
    """Make steps that wait for the target."""

    def make(count: int, **columns) -> None:
        execution = Execution.objects.get(
            pk=start(Start(workflow=make_workflow(), source="manual"), now=NOON).id
        )
        mould = StepRun.objects.get(execution=execution)
        mould.delete()
        facts = {
            "execution": execution,
            "organization_id": execution.organization_id,
            "kind": "http",
            "queue": "q",
        }
        facts |= {"state": "waiting", "waits_for": "circuit", "waits_key": TARGET, "available_at": LATER}
        facts |= {"priority": 5, "created_at": NOON, **columns}
        StepRun.objects.bulk_create(StepRun(step=f"s{number}", **facts) for number in range(count))

    return make


def times() -> list:
    return list(StepRun.objects.order_by("available_at", "pk").values_list("available_at", flat=True))


def test_a_reset_closes_the_circuit_and_says_by_whom(opened, key):
    circuits.reset(key, by="ada", now=at(5))
    circuits.reset(key, by="ada", now=at(5))

    assert (row().state, row().failures, row().retry_at) == ("closed", 0, None)
    (event,) = Event.objects.filter(type="circuit.closed")
    assert event.data == {"circuit": str(row().pk), "target": TARGET, "by": "ada"}


def test_what_waited_for_a_reset_goes_on_one_after_the_other(opened, key, waiting):
    waiting(3)

    circuits.reset(key, by="ada", now=at(5))

    assert times() == [at(5), at(5) + SPACING, at(5) + 2 * SPACING]


def test_of_very_many_that_wait_some_go_on_at_once_and_the_sweep_sees_to_the_rest(opened, key, waiting):
    waiting(BATCH + 5)
    circuits.reset(key, by="ada", now=at(5))
    assert times().count(LATER) == 5

    circuits.release_waiting(now=at(7))

    assert LATER not in times()


def test_what_waits_for_another_target_or_something_else_stays(opened, key, waiting):
    waiting(1, waits_key="http:other.example")
    waiting_for_a_retry = {"waits_for": "retry", "waits_key": ""}
    StepRun.objects.create(
        **{
            f: getattr(StepRun.objects.get(), f)
            for f in ("execution", "organization_id", "queue", "priority")
        },
        **{"step": "x", "state": "waiting", "available_at": LATER, "created_at": NOON, **waiting_for_a_retry},
    )

    circuits.reset(key, by="ada", now=at(5))

    assert times() == [LATER, LATER]


def test_after_the_pause_one_step_goes_on_to_probe(opened, waiting):
    waiting(3)
    assert circuits.release_waiting(now=at(29)) == 0

    assert circuits.release_waiting(now=at(30)) == 1

    assert times() == [at(30), LATER, LATER]


def test_the_more_urgent_step_goes_first(opened, waiting):
    waiting(2)
    StepRun.objects.filter(step="s1").update(priority=9)

    circuits.release_waiting(now=at(30))

    assert StepRun.objects.get(available_at=at(30)).step == "s1"


def test_an_operator_stops_every_call_of_a_target_that_was_never_called(key, make_call):
    circuits.hold_open(key, until=None, by="ada", now=NOON)

    assert isinstance(circuits.guard(step(), make_call(after=99_999)), Deferred)
    (event,) = Event.objects.all()
    assert (event.type, event.data["by"], event.data["retry_at"]) == ("circuit.opened", "ada", None)


def test_held_open_until_an_instant_a_probe_decides_then(key, make_call):
    circuits.hold_open(key, until=at(60), by="ada", now=NOON)

    assert isinstance(circuits.guard(step(), make_call(after=59)), Deferred)
    assert circuits.guard(step(), make_call(after=60)) is None
    assert row().state == "half_open"


def test_circuits_of_targets_that_are_well_again_are_dropped_after_a_day(opened, key, waiting):
    circuits.reset(key, by="ada", now=NOON)
    assert circuits.prune(now=NOON + UNUSED) == 0
    waiting(1)
    assert circuits.prune(now=NOON + UNUSED + timedelta(seconds=1)) == 0
    StepRun.objects.all().delete()

    assert circuits.prune(now=NOON + UNUSED + timedelta(seconds=1)) == 1


def test_an_open_circuit_is_kept_however_old(opened):
    assert circuits.prune(now=NOON + 9 * UNUSED) == 0
    assert Circuit.objects.exists()
