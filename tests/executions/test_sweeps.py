"""The sweeps: what they repair, and what they leave alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

import clock
from executions import queries, services, sweeps, wakeups
from executions.models import Attempt, Source, StepRun
from executions.queries import Claim, Slot
from executions.services import Start
from tests.conftest import MakeWorkflow

LEASE = timedelta(seconds=30)
LATER = timedelta(seconds=31)
Shift = Callable[[timedelta], None]


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Return how many wake-ups each queue was sent by the sweep."""
    sent: dict[str, int] = {}
    monkeypatch.setattr(wakeups, "wake", lambda queue, *, count=1: sent.update({queue: count}))
    return sent


def start(make_workflow: MakeWorkflow, *steps: dict[str, Any], name: str = "report") -> None:
    services.start(Start(workflow=make_workflow(*steps, name=name), source=Source.MANUAL), now=clock.now())


def claim() -> Claim:
    held = queries.claim(Slot("default", worker="w", lease=LEASE))
    assert held is not None
    return held


def test_queues_whose_steps_have_waited_too_long_are_woken_with_all_they_may_have(
    make_workflow: MakeWorkflow, shift_clock: Shift, woken: dict[str, int]
) -> None:
    start(make_workflow, {"id": "a"}, {"id": "b", "queue": "large", "kind": "set", "values": {}})
    shift_clock(timedelta(seconds=2))

    assert sweeps.wake_overdue() == ["default", "large"]
    assert woken == dict.fromkeys(["default", "large"], wakeups.MAX_WAITING)


def test_queues_of_this_worker_are_always_woken_once(
    make_workflow: MakeWorkflow, woken: dict[str, int]
) -> None:
    start(make_workflow)  # ready, but only just

    assert sweeps.wake_overdue() == []
    assert woken == dict.fromkeys(settings.ENVIRONMENT.worker_queues, 1)


def test_a_step_that_runs_or_waits_makes_no_queue_overdue(
    make_workflow: MakeWorkflow, drain: Callable[[], int], shift_clock: Shift, woken: dict[str, int]
) -> None:
    start(make_workflow, {"id": "a", "kind": "wait", "duration": "1h"}, name="waits")
    drain()
    start(make_workflow)
    claim()
    shift_clock(timedelta(seconds=2))

    assert sweeps.wake_overdue() == []


def test_only_step_runs_whose_lease_has_ended_are_rescued(
    make_workflow: MakeWorkflow, shift_clock: Shift
) -> None:
    start(make_workflow, {"id": "old"}, name="first")
    silent = claim()
    shift_clock(LATER)
    start(make_workflow, {"id": "new"}, name="second")
    claim()

    assert sweeps.rescue_expired(now=clock.now()) == 1

    assert dict(StepRun.objects.values_list("step", "state")) == {"old": "ready", "new": "running"}
    attempt = Attempt.objects.get()
    assert (attempt.step_run_id, attempt.number, attempt.outcome) == (silent.id, 1, "lost")


def test_a_second_sweep_finds_nothing_to_rescue(make_workflow: MakeWorkflow, shift_clock: Shift) -> None:
    start(make_workflow)
    claim()
    shift_clock(LATER)

    assert [sweeps.rescue_expired(now=clock.now()) for _ in range(2)] == [1, 0]
    assert StepRun.objects.get().crashes == 1


@pytest.mark.parametrize("meanwhile", ["renewed", "rescued"])
def test_a_lease_that_was_renewed_or_rescued_after_the_sweep_looked_is_left_alone(
    make_workflow: MakeWorkflow, shift_clock: Shift, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    start(make_workflow)
    held = claim()
    shift_clock(LATER)
    if meanwhile == "renewed":
        queries.renew(held, lease=LEASE)
    else:
        sweeps.rescue_expired(now=clock.now())
    before = StepRun.objects.values().get()
    monkeypatch.setattr(queries, "expired", lambda limit: [held])

    assert sweeps.rescue_expired(now=clock.now()) == 0
    assert StepRun.objects.values().get() == before


def test_a_step_run_that_cannot_be_rescued_keeps_no_other_waiting(
    make_workflow: MakeWorkflow, shift_clock: Shift
) -> None:
    start(make_workflow, {"id": "odd"}, name="first")
    odd = claim()
    start(make_workflow, {"id": "plain"}, name="second")
    claim()
    StepRun.objects.filter(pk=odd.id).update(step="gone")  # no step of its definition
    shift_clock(LATER)

    assert sweeps.rescue_expired(now=clock.now()) == 1
    assert StepRun.objects.get(step="plain").state == "ready"


def test_one_sweep_rescues_a_batch_and_the_next_the_rest(
    make_workflow: MakeWorkflow, shift_clock: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "RESCUE_BATCH", 2)
    start(make_workflow, {"id": "a"}, {"id": "b"}, {"id": "c"})
    for _ in range(3):
        claim()
    shift_clock(LATER)

    assert [sweeps.rescue_expired(now=clock.now()) for _ in range(3)] == [2, 1, 0]
