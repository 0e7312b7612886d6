"""Backfills beside the live fires of their schedule."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from executions import queries
from executions.admitting.overlap import OverlapPolicy
from executions.models import Execution
from executions.queries import Slot
from executions.services import Start, start
from schedules import fire
from schedules.backfill import drip
from schedules.models import Backfill, Schedule
from tests.schedules.backfill.conftest import HOUR, NOON, Ask, Drain, MakeSchedule, hours, ran

pytestmark = pytest.mark.django_db

RunOut = Callable[[Backfill], Backfill]
SHARED = [policy for policy in OverlapPolicy if policy is not OverlapPolicy.ALLOW_ALL]


def fire_live(schedule: Schedule, at: datetime = NOON) -> Execution:
    """Start what the schedule's own rules would."""
    cause = Start(
        workflow=schedule.workflow,
        source="schedule",
        schedule_id=schedule.pk,
        fire_kind=fire.AUTO,
        fire_at=at,
        priority=schedule.priority,
        admission=replace(fire.place_of(schedule, due_at=at), waits_until=None),  # workers have a real clock
    )
    return Execution.objects.get(pk=start(cause, now=at).id)


@pytest.mark.parametrize("policy", OverlapPolicy)
def test_by_default_a_backfill_and_live_fires_never_meet(
    make_schedule: MakeSchedule, ask: Ask, policy: OverlapPolicy
):
    schedule = make_schedule(name="own", overlap=policy)
    ask(schedule, concurrency=2)
    drip.drip_due(now=NOON)

    live = fire_live(schedule)

    assert live.state == "running"
    assert Execution.objects.filter(source="backfill", state="running").count() == 2


@pytest.mark.parametrize("policy", SHARED)
def test_its_own_executions_never_stop_or_skip_each_other(ask: Ask, run_out: RunOut, policy: OverlapPolicy):
    done = run_out(ask(overlap=policy, concurrency=5))

    assert (done.started, done.skipped) == (10, 0)
    assert Execution.objects.filter(state="completed").count() == 10
    assert ran(done) == hours(*range(10, 0, -1))


def test_with_skip_the_times_that_meet_a_live_fire_are_passed_over(
    schedule: Schedule, ask: Ask, run_out: RunOut, drain: Drain, seconds: Iterator[datetime]
):
    backfill = ask(overlap="skip")
    fire_live(schedule)
    drip.drip_due(now=next(seconds))
    drip.drip_due(now=next(seconds))
    drain()

    done = run_out(backfill)

    assert (done.started, done.skipped) == (8, 2)
    assert ran(done) == hours(*range(8, 0, -1))


@pytest.mark.parametrize("policy", ["buffer_one", "buffer_all"])
def test_with_a_buffer_its_times_wait_until_no_live_fire_does(
    make_schedule: MakeSchedule, ask: Ask, drain: Drain, policy: str
):
    schedule = make_schedule(name="own", overlap="buffer_all")
    backfill = ask(schedule, overlap=policy)
    fire_live(schedule)
    fire_live(schedule, NOON + timedelta(seconds=1))

    assert drip.drip_due(now=NOON) == 0
    drain()
    assert drip.drip_due(now=NOON + HOUR) == 1

    assert Execution.objects.filter(source="schedule", state="completed").count() == 2
    backfill.refresh_from_db()
    assert backfill.skipped == 0


def test_a_live_fire_waits_for_one_execution_of_a_buffered_backfill_at_most(
    make_schedule: MakeSchedule, ask: Ask, drain: Drain
):
    schedule = make_schedule(name="own", overlap="buffer_all")
    ask(schedule, overlap="buffer_all")
    drip.drip_due(now=NOON)
    live = fire_live(schedule)
    drip.drip_due(now=NOON + HOUR)

    drain()

    live.refresh_from_db()
    assert live.state == "completed"
    assert Execution.objects.filter(source="backfill").count() == 1


@pytest.mark.parametrize("policy", ["cancel_other", "terminate_other"])
def test_a_policy_that_ends_others_ends_the_live_fire(
    schedule: Schedule, ask: Ask, run_out: RunOut, policy: str
):
    live = fire_live(schedule)

    done = run_out(ask(overlap=policy))

    live.refresh_from_db()
    assert (live.state, done.started, done.skipped) == ("cancelled", 10, 0)


def test_live_fires_are_claimed_before_a_backfill_that_was_there_first(make_schedule: MakeSchedule, ask: Ask):
    schedule = make_schedule(name="own", overlap="allow_all")
    ask(schedule, concurrency=100)
    drip.drip_due(now=NOON)

    live = fire_live(schedule)
    held = queries.claim(Slot("default", worker="w", lease=timedelta(seconds=30)))

    assert Execution.objects.filter(source="backfill", state="running").count() == 10
    assert held is not None
    assert held.execution_id == live.pk
