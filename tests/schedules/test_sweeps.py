"""New time zone data, and what is computed again because of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

import clock
from schedules import services, sweeps, zone_data
from schedules.models import Schedule, SkippedFire
from tests.schedules.test_fire import MakeSchedule, make_schedule  # noqa: F401 - the fixture

DAILY = [{"kind": "cron", "expression": "0 6 * * *"}]


@pytest.fixture
def outdated(make_schedule: MakeSchedule) -> Schedule:  # noqa: F811
    schedule = make_schedule(rules=DAILY, timezone="Europe/Berlin")
    assert schedule.next_due_at is not None
    wrong = schedule.next_due_at + timedelta(hours=1)
    Schedule.objects.update(zone_data="1999a", next_fire_at=wrong, next_due_at=wrong)
    return schedule


def test_a_new_edition_moves_the_next_time(outdated: Schedule) -> None:
    assert sweeps.recompute_zones() == 1

    again = Schedule.objects.get()
    assert (again.next_fire_at, again.zone_data) == (outdated.next_fire_at, zone_data.edition())
    assert sweeps.recompute_zones() == 0
    assert not SkippedFire.objects.exists()


def test_a_schedule_that_owes_a_time_is_left_to_beat(
    outdated: Schedule, shift_clock: Callable[[timedelta], None]
) -> None:
    shift_clock(timedelta(days=2))

    assert sweeps.recompute_zones() == 0


def test_a_schedule_that_cannot_be_searched_is_set_aside_and_the_others_are_not(
    outdated: Schedule,
    make_schedule: MakeSchedule,  # noqa: F811
) -> None:
    good = make_schedule("good", rules=DAILY)
    Schedule.objects.filter(pk=outdated.pk).update(rules=[{"kind": "nonsense"}])
    Schedule.objects.filter(pk=good.pk).update(zone_data="1999a")

    assert sweeps.recompute_zones() == 2

    states = dict(Schedule.objects.values_list("name", "state"))
    assert states == {"minutely": "error", "good": "active"}


def test_the_edition_is_known(outdated: Schedule) -> None:
    assert zone_data.edition() != zone_data.UNKNOWN
    assert services.next_fires(outdated, after=clock.now(), count=1)
