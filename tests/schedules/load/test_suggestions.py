"""Moves that lower the peak, and whether they do."""

import pytest

from organizations.models import Organization
from schedules.load.applying import apply
from schedules.load.forecast import forecast, load_of
from schedules.load.moves import MoveKind
from schedules.load.suggestions import Suggestions, suggest
from schedules.models import Schedule
from tests.schedules.load.conftest import EVE, MakeSchedule
from workflows.models import Workflow

pytestmark = pytest.mark.django_db


def suggested(organization: Organization, *, most: int = 50) -> Suggestions:
    return suggest(forecast(organization, now=EVE), most=most)


def highest(organization: Organization) -> int:
    return max(load_of(forecast(organization, now=EVE)).starts)


@pytest.fixture
def crowd(make: MakeSchedule) -> None:
    """Make schedules of every kind that meet at midnight."""
    for number in range(6):
        make(f"daily-{number}", "0 0 * * *")
        make(f"berlin-{number}", "@daily", timezone="Europe/Berlin")
        make(f"hourly-{number}", "0 * * * *")
    for number in range(3):
        make(f"quarter-{number}", "*/15 * * * *")
        make(f"interval-{number}", 3600)
        make(f"several-{number}", "0,30 0 * * *")


@pytest.mark.usefixtures("crowd")
def test_the_peak_falls_as_promised(organization: Organization):
    found = suggested(organization)

    assert (found.peak_before, highest(organization)) == (21, 21)
    made = apply(organization, [one.move for one in found.results], by="ada", now=EVE)
    assert [one.refusal for one in made] == [""] * len(found.results)
    assert highest(organization) == found.peak_after <= 10


@pytest.mark.usefixtures("crowd")
def test_each_move_falls_as_promised(organization: Organization):
    for one in suggested(organization, most=10).results:
        assert highest(organization) == one.peak_before
        apply(organization, [one.move], by="ada", now=EVE)
        assert highest(organization) == one.peak_after <= one.peak_before


@pytest.mark.usefixtures("crowd")
def test_every_kind_of_move_is_made_where_it_fits(organization: Organization):
    kinds = {one.schedule.name.split("-")[0]: one.move.kind for one in suggested(organization).results}

    assert kinds["hourly"] is MoveKind.H
    assert {kinds["daily"], kinds["berlin"]} == {MoveKind.OFFSET}
    assert MoveKind.WINDOW in kinds.values()


@pytest.mark.usefixtures("crowd")
def test_the_same_forecast_gives_the_same_moves(organization: Organization):
    assert suggested(organization) == suggested(organization)


@pytest.mark.usefixtures("crowd")
def test_nothing_moves_unless_it_is_asked_for(organization: Organization):
    suggested(organization)

    assert set(Schedule.objects.values_list("version", "spread")) == {(1, "none")}


@pytest.mark.usefixtures("crowd")
def test_suggestions_are_bounded_and_no_schedule_moves_twice(organization: Organization):
    few, many = suggested(organization, most=4), suggested(organization)

    assert few.results == many.results[:4]
    assert len({one.schedule.pk for one in many.results}) == len(many.results)


def test_a_daily_schedule_moves_to_the_nearest_free_minute_of_its_hour(
    organization: Organization, make: MakeSchedule
):
    for name in "abc":
        make(name, "59 23 * * *")

    found = suggested(organization)

    assert [(one.schedule.name, one.move.minute) for one in found.results] == [("a", 58), ("b", 57)]
    assert [(one.peak_before, one.peak_after) for one in found.results] == [(3, 2), (2, 1)]
    assert found.results[0].settings["rules"][0]["expression"] == "59 23 * * *"
    assert found.results[0].instead["rules"][0]["expression"] == "58 23 * * *"


def test_without_a_crowd_nothing_is_suggested(organization: Organization, make: MakeSchedule):
    make("alone", "0 0 * * *")

    assert suggested(organization) == Suggestions((), 1, 1)


def test_what_cannot_move_is_left_alone(organization: Organization, make: MakeSchedule):
    for number in range(3):
        make(f"minutely-{number}", "* * * * *")
        make(f"dense-{number}", "*/10 * * * * *")

    assert suggested(organization).results == ()


def test_another_organizations_schedules_are_not_moved(
    organization: Organization, make: MakeSchedule, others_workflow: Workflow
):
    for number in range(3):
        make(f"s{number}", "0 0 * * *", workflow=others_workflow)

    assert suggested(organization).results == ()
