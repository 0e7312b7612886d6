"""What people, beats and workers do to one schedule at the same time."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

import clock
from executions.models import Execution
from organizations.models import Organization
from schedules import endings, fire, services
from schedules.errors import CalendarInUse, InvalidSchedule
from schedules.models import Calendar, Schedule
from tests.conftest import MakeWorkflow
from tests.executions.groups import claim, end
from tests.races.connections import at_once, beside
from tests.schedules.minutes import BROKEN

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
Shift = Callable[[timedelta], None]
Make = Callable[..., Schedule]


@pytest.fixture
def make(organization: Organization, make_workflow: MakeWorkflow) -> Make:
    """Make a schedule that fires every minute."""
    workflow = make_workflow()

    def make(name: str = "minutely", **settings: Any) -> Schedule:
        given: dict[str, Any] = {
            "workflow": workflow,
            "rules": [{"kind": "interval", "every_seconds": 60}],
            **settings,
        }
        return services.create(organization, now=clock.now(), name=name, **given)

    return make


def state_of(schedule: Schedule) -> str:
    schedule.refresh_from_db()
    return schedule.state


def test_a_pause_that_was_put_off_meanwhile_is_not_ended(make: Make, shift_clock: Shift) -> None:
    schedule = make()
    services.pause(schedule, by="ada", now=clock.now(), until=clock.now() + MINUTE)
    shift_clock(2 * MINUTE)

    def put_off() -> None:
        services.resume(schedule, by="ada", now=clock.now())
        services.pause(schedule, by="ada", now=clock.now(), until=clock.now() + MINUTE)

    result = beside(put_off, lambda: services.resume_due(now=clock.now()))

    assert (result, state_of(schedule)) == (0, "paused")


def test_beats_at_once_end_a_pause_once(make: Make, shift_clock: Shift) -> None:
    schedule = make()
    services.pause(schedule, by="ada", now=clock.now(), until=clock.now() + MINUTE)
    shift_clock(2 * MINUTE)

    results = at_once(*[lambda: services.resume_due(now=clock.now())] * 4)

    assert (sum(results), state_of(schedule)) == (1, "active")


def test_beats_at_once_count_each_failure_once(make: Make, shift_clock: Shift) -> None:
    schedules = [make(f"s{number}", auto_pause_after=5) for number in range(10)]
    shift_clock(MINUTE + timedelta(seconds=1))
    fire.fire_due()
    for _ in schedules:
        end(claim(), BROKEN)

    at_once(*[endings.follow_ends] * 4)
    while endings.follow_ends():
        pass

    assert [Schedule.objects.get(pk=s.pk).consecutive_failures for s in schedules] == [1] * 10


def test_a_calendar_is_either_taken_up_or_deleted(organization: Organization, make: Make) -> None:
    for number in range(8):
        calendar = services.create_calendar(organization, now=clock.now(), name=f"c{number}", entries=[])

        taken, deleted = at_once(
            partial(make, f"s{number}", calendars=[calendar.pk]),
            partial(services.delete_calendar, calendar),
        )

        if Calendar.objects.filter(pk=calendar.pk).exists():
            assert isinstance(deleted, CalendarInUse)
        else:
            assert isinstance(taken, InvalidSchedule)


def test_a_calendar_and_its_users_are_changed_at_once(organization: Organization, make: Make) -> None:
    calendar = services.create_calendar(organization, now=clock.now(), name="c", entries=[])
    schedules = [make(f"s{number}", calendars=[calendar.pk]) for number in range(4)]
    for turn in range(5):
        now = clock.now()
        acts = [partial(services.change, s, now=now, priority=turn, max_executions=9) for s in schedules]
        change = partial(services.change_calendar, calendar, now=now, entries=[])

        results = at_once(*acts, change, fire.fire_due)

        assert not [result for result in results if isinstance(result, Exception)]


@pytest.mark.parametrize("policy", ["skip", "buffer_all", "cancel_other", "terminate_other"])
def test_a_pass_an_edit_and_runs_by_hand_at_once_keep_the_limit(
    make: Make, shift_clock: Shift, policy: str
) -> None:
    schedule = make(overlap=policy)
    for turn in range(1, 6):
        shift_clock(turn * MINUTE + timedelta(seconds=1))
        by_hand = partial(services.trigger, schedule, by="ada", now=clock.now(), overlap="buffer_all")
        edit = partial(services.change, schedule, now=clock.now(), max_active=1, overlap=policy)

        at_once(fire.fire_due, fire.fire_due, by_hand, by_hand, edit)

        assert Execution.objects.filter(state="running").count() == 1
    assert state_of(schedule) == "active"
