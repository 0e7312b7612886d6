"""Backfills and several processes at the same time."""

from datetime import timedelta
from functools import partial

import pytest

from executions.models import Execution
from schedules.backfill import drip, services
from schedules.errors import OverlappingBackfill
from schedules.models import Backfill, Schedule
from tests.races.test_claims import at_once, kinds
from tests.schedules.backfill.conftest import HOUR, NOON, Ask, MakeSchedule, hours

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_overlapping_requests_at_once_one_is_refused(schedule: Schedule):
    ask = partial(services.request, schedule, by="ada", now=NOON, to_at=NOON - HOUR)

    results = at_once(*[partial(ask, from_at=NOON - n * HOUR) for n in (3, 5, 7)])

    assert kinds(results) == ["Backfill", OverlappingBackfill.__name__, OverlappingBackfill.__name__]
    assert Backfill.objects.count() == 1


@pytest.mark.parametrize("overlap", ["allow_all", "skip", "buffer_all"])
def test_beats_that_drip_at_once_hand_out_each_time_once(make_schedule: MakeSchedule, ask: Ask, overlap: str):
    backfills = [
        ask(make_schedule(name=f"s{n}", max_active=3), overlap=overlap, concurrency=3) for n in range(4)
    ]

    for second in range(30):
        now = NOON + timedelta(seconds=second)
        results = at_once(*[partial(drip.drip_due, now=now)] * 3)
        assert all(isinstance(result, int) for result in results), results
        Execution.objects.filter(state="running").update(state="completed", finished_at=now)
        Execution.objects.filter(state="pending").update(state="running")

    for backfill in backfills:
        backfill.refresh_from_db()
        rows = Execution.objects.filter(fire_kind=backfill.fire_kind).order_by("fire_at")
        assert list(rows.values_list("fire_at", flat=True)) == hours(*range(10, 0, -1))
        assert (backfill.started, backfill.skipped) == (10, 0)


def test_a_cancel_while_it_drips_leaves_nothing_waiting(make_schedule: MakeSchedule, ask: Ask):
    for number in range(5):
        backfill = ask(make_schedule(name=f"s{number}"))

        results = at_once(
            partial(drip.drip_due, now=NOON), partial(services.cancel, backfill, by="ada", now=NOON)
        )

        assert kinds(results) == ["Backfill", "int"], results
        assert not Execution.objects.filter(fire_kind=backfill.fire_kind, state="pending").exists()
