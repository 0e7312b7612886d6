"""Minutes at which many schedules start together."""

from datetime import timedelta

import pytest

from organizations.models import Organization
from schedules.load.collisions import collisions, patterns
from schedules.load.forecast import forecast
from tests.schedules.load.conftest import EVE, MONDAY, MakeSchedule

pytestmark = pytest.mark.django_db


def test_the_fullest_minutes_come_first_with_their_causes(organization: Organization, make: MakeSchedule):
    make("hourly", "0 * * * *")
    make("daily", "0 6 * * *")
    make("weekly", "0 6 * * WED")

    first, second, *_ = collisions(forecast(organization, now=EVE))

    wednesday = MONDAY + timedelta(days=2, hours=6)
    assert (first.at, first.count, [one.name for one in first.schedules]) == (
        wednesday,
        3,
        ["weekly", "daily", "hourly"],
    )
    assert (second.at, second.count) == (MONDAY + timedelta(hours=6), 2)


def test_a_minute_of_one_schedule_is_no_collision(organization: Organization, make: MakeSchedule):
    make("minutely", "* * * * *")
    make("dense", 5, end_at=MONDAY + timedelta(minutes=1))

    assert [found.at for found in collisions(forecast(organization, now=EVE))] == [
        MONDAY,
        MONDAY + timedelta(minutes=1),
    ]


def test_minutes_that_come_back_are_told_as_patterns(organization: Organization, make: MakeSchedule):
    for number in range(3):
        make(f"midnight-{number}", "0 0 * * *")
    for number in range(2):
        make(f"hourly-{number}", "30 * * * *")
        make(f"working-{number}", "0 6 * * MON-FRI")
    make("alone", "17 3 * * *")

    assert [str(pattern) for pattern in patterns(forecast(organization, now=EVE))] == [
        "00:00 UTC every day: 3 schedules",
        "every hour at :30 UTC every day: 2 schedules",
        "06:00 UTC Mon, Tue, Wed, Thu, Fri: 2 schedules",
    ]


def test_a_pattern_does_not_depend_on_when_the_forecast_begins(
    organization: Organization, make: MakeSchedule
):
    for number in range(2):
        make(f"weekly-{number}", "15 9 * * TUE")

    whole = forecast(organization, now=MONDAY + timedelta(days=4, hours=5), days=31)

    assert [str(pattern) for pattern in patterns(whole)] == ["09:15 UTC Tue: 2 schedules"]


def test_lists_are_bounded(organization: Organization, make: MakeSchedule):
    for number in range(25):
        make(f"s{number}", "*/10 * * * *")

    (found,) = collisions(forecast(organization, now=EVE), most=1)

    assert (found.count, len(found.schedules)) == (25, 20)
    assert len(patterns(forecast(organization, now=EVE), most=4)) == 4
