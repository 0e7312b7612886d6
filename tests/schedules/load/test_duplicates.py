"""Schedules that repeat each other."""

from datetime import timedelta
from typing import Any

import pytest

from organizations.models import Organization
from schedules import services
from schedules.load.duplicates import Same, duplicates, duplicates_of
from schedules.models import Schedule
from tests.conftest import MakeWorkflow
from tests.schedules.load.conftest import EVE, MakeSchedule, rules
from workflows.models import Workflow

pytestmark = pytest.mark.django_db

NINE = "0 9 * * *"


def groups(organization: Organization) -> list[tuple[Same, list[str]]]:
    return [
        (group.same, [schedule.name for schedule in group.schedules])
        for group in duplicates(organization, now=EVE)
    ]


@pytest.mark.parametrize(
    ("rule", "settings", "same"),
    [
        ("00 09 * * *", {}, Same.RULES),
        (NINE, {"start_at": EVE - timedelta(days=1)}, Same.RULES),
        (NINE, {"timezone": "Africa/Abidjan"}, Same.FIRES),
        ("0 9 * * 0-6", {}, Same.FIRES),
        ([{"kind": "interval", "every_seconds": 86_400, "anchor": "2026-01-01T09:00:00Z"}], {}, Same.FIRES),
    ],
)
def test_the_same_fires_of_the_same_work_are_found(
    organization: Organization, make: MakeSchedule, rule: Any, settings: dict[str, Any], same: Same
):
    make("a", NINE)
    make("b", rule, **settings)

    assert groups(organization) == [(same, ["a", "b"])]


@pytest.mark.parametrize(
    ("rule", "settings"),
    [
        ("1 9 * * *", {}),
        (NINE, {"timezone": "Europe/Berlin"}),
        (NINE, {"input": {"n": 1}}),
        (NINE, {"end_at": EVE + timedelta(days=9)}),
        ("0 9 * * MON-SAT", {}),
    ],
)
def test_other_fires_or_other_work_are_no_duplicates(
    organization: Organization, make: MakeSchedule, rule: Any, settings: dict[str, Any]
):
    make("a", NINE)
    make("b", rule, **settings)

    assert groups(organization) == []


def test_another_workflow_is_other_work(
    organization: Organization, make: MakeSchedule, make_workflow: MakeWorkflow
):
    make("a", NINE)
    make("b", NINE, workflow=make_workflow(name="other"))

    assert groups(organization) == []


def test_rare_schedules_are_compared_beyond_the_horizon(organization: Organization, make: MakeSchedule):
    for name, rule in [("a", "0 0 1 1 *"), ("b", "0 0 1 1 ?"), ("c", "0 0 2 1 *"), ("d", "0 0 1 JAN 0-6")]:
        make(name, rule)

    assert groups(organization) == [(Same.RULES, ["a", "b"])]


def test_a_stopped_schedule_repeats_nothing(organization: Organization, make: MakeSchedule):
    make("a", NINE)
    services.pause(make("b", NINE), by="ada", now=EVE)

    assert groups(organization) == []


def test_an_unreadable_rule_does_not_hide_the_others(organization: Organization, make: MakeSchedule):
    broken, *_ = (make(name, NINE) for name in "abc")
    Schedule.objects.filter(pk=broken.pk).update(rules=rules("99 9 * * *"))

    assert groups(organization) == [(Same.RULES, ["b", "c"])]


def test_another_organizations_schedules_are_never_duplicates(
    organization: Organization, make: MakeSchedule, others_workflow: Workflow
):
    make("a", NINE)
    theirs = make("b", NINE, workflow=others_workflow)

    assert groups(organization) == []
    assert duplicates_of(theirs, now=EVE) == []


@pytest.mark.parametrize("rule", [NINE, "0 9 * * 0-6"])
def test_a_schedule_about_to_be_saved_knows_what_it_repeats(make: MakeSchedule, rule: str):
    first = make("a", NINE)
    make("b", "0 9 * * MON-FRI")
    new = Schedule(
        organization=first.organization, workflow=first.workflow, name="c", rules=rules(rule), input={}
    )

    assert duplicates_of(new, now=EVE) == [first]


def test_a_saved_schedule_does_not_repeat_itself(make: MakeSchedule):
    assert duplicates_of(make("a", NINE), now=EVE) == []


def test_a_schedule_that_never_fires_again_repeats_nothing(make: MakeSchedule):
    over = make("over", [{"kind": "one_time", "at": "2026-06-02T00:00:00Z"}])

    assert duplicates_of(over, now=EVE + timedelta(days=9)) == []


def test_a_neighbour_that_cannot_be_read_does_not_stop_a_save(make: MakeSchedule):
    broken, schedule = make("a", NINE), make("b", NINE)
    Schedule.objects.filter(pk=broken.pk).update(rules=rules("99 9 * * *"))

    assert duplicates_of(schedule, now=EVE) == []


def test_calendars_tell_schedules_apart(organization: Organization, make: MakeSchedule):
    weekend = services.create_calendar(
        organization, now=EVE, name="weekend", entries=[{"kind": "weekly", "days": ["SAT", "SUN"]}]
    )
    make("a", NINE)
    for name in "bc":
        make(name, NINE, calendars=[weekend.pk])
    make("d", "0 9 * * MON-FRI")

    assert groups(organization) == [(Same.FIRES, ["b", "c", "d"])]
