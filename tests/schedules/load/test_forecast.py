"""What an organization's schedules will start."""

from datetime import timedelta

import pytest

from organizations.models import Organization
from schedules import services
from schedules.load.durations import Basis, Duration
from schedules.load.forecast import Forecast, forecast, load_of
from schedules.load.planning import DAY, peak
from schedules.load.timings import Coverage
from schedules.models import Schedule
from tests.schedules.load.conftest import EVE, MONDAY, MakeSchedule
from workflows.models import Workflow

pytestmark = pytest.mark.django_db


def test_a_forecast_begins_with_the_next_full_minute(organization: Organization):
    whole = forecast(organization, now=EVE, days=2)

    assert (whole.start, whole.minutes) == (MONDAY, 2 * DAY)
    assert sum(load_of(whole).starts) == 0


def test_schedules_that_start_together_are_busy_together(organization: Organization, make: MakeSchedule):
    for number in range(3):
        make(f"nightly-{number}", "0 1 * * *")
    make("hourly", "0 * * * *")

    load = load_of(forecast(organization, now=EVE))

    assert peak(load.starts) == peak(load.busy) == (60, 4)
    assert sum(load.starts) == 3 * 7 + 24 * 7


def test_only_active_schedules_count(organization: Organization, make: MakeSchedule):
    make("active", "0 1 * * *")
    services.pause(make("paused", "0 1 * * *"), by="ada", now=EVE)
    services.archive(make("archived", "0 1 * * *"), by="ada", now=EVE)

    assert forecast(organization, now=EVE).schedules(Coverage.EXACT) == 1


def test_another_organizations_schedules_never_count(
    organization: Organization, make: MakeSchedule, others_workflow: Workflow
):
    make("theirs", "* * * * *", workflow=others_workflow)

    assert forecast(organization, now=EVE).timings == ()


def test_a_long_execution_keeps_its_slot(organization: Organization, make: MakeSchedule):
    schedule = make("long", "*/10 * * * *")
    known = forecast(organization, now=EVE, days=1)
    took = {schedule.pk: Duration(mean=601, p95=1_800, basis=Basis.SCHEDULE)}
    whole = Forecast(known.start, known.minutes, known.timings, took)

    assert max(load_of(whole).busy) == 2
    assert max(load_of(whole, measure="p95").busy) == 3


def test_a_spread_takes_the_peak_down(organization: Organization, make: MakeSchedule):
    for number in range(30):
        make(f"s{number}", "0 1 * * *", spread="window", spread_window=timedelta(hours=1))

    assert max(load_of(forecast(organization, now=EVE, days=1)).starts) < 10


def test_times_that_a_calendar_excludes_do_not_count(organization: Organization, make: MakeSchedule):
    entries = [{"kind": "weekly", "days": ["SAT", "SUN"]}]
    weekend = services.create_calendar(organization, now=EVE, name="weekend", entries=entries)
    make("working", "0 1 * * *", calendars=[weekend.pk])

    assert sum(load_of(forecast(organization, now=EVE)).starts) == 5


def test_times_left_out_on_request_do_not_count(organization: Organization, make: MakeSchedule):
    schedule = make("daily", "0 1 * * *")
    Schedule.objects.filter(pk=schedule.pk).update(skip_times=[MONDAY.replace(day=3, hour=1)])

    assert sum(load_of(forecast(organization, now=EVE)).starts) == 6
