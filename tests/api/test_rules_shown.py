"""A schedule says what its rules are called."""

import pytest
from rest_framework.test import APIClient

from schedules.models import Schedule
from tests.api.conftest import V1, paths

URL = f"{V1}/schedules/"
ONE = f"{URL}nightly/"

pytestmark = pytest.mark.django_db


def test_a_schedule_has_its_rules_in_words_in_numbers_and_as_presets(api: APIClient, make_schedule):
    make_schedule(
        "nightly", rules=[{"preset": "daily", "at": "06:00"}, {"kind": "cron", "expression": "@hourly"}]
    )

    shown = api.get(ONE).json()

    assert shown["summary"] == "At 06:00; Every hour"
    assert shown["rules_shown"] == [
        {"description": "At 06:00", "canonical": "0 6 * * *", "preset": {"preset": "daily", "at": "06:00"}},
        {"description": "Every hour", "canonical": "0 * * * *", "preset": {"preset": "hourly", "minute": 0}},
    ]
    assert api.get(URL).json()["results"] == [shown]


def test_a_hash_is_shown_as_what_it_decided(api: APIClient, make_schedule):
    schedule = make_schedule("nightly", rules=[{"kind": "cron", "expression": "H 6 * * *"}])

    (rule,) = api.get(ONE).json()["rules_shown"]

    assert rule["canonical"] == f"{schedule.next_fire_at.minute} 6 * * *"
    assert rule["preset"] is None


def test_rules_that_can_no_longer_be_read_are_shown_as_they_are(api: APIClient, schedule: Schedule):
    broken = [{"kind": "cron", "expression": "61 * * * *"}]
    Schedule.objects.filter(pk=schedule.pk).update(rules=broken)

    shown = api.get(ONE).json()

    assert (shown["rules"], shown["summary"], shown["rules_shown"]) == (broken, "", [])


def test_what_is_shown_cannot_be_written(api: APIClient, schedule: Schedule):
    assert paths(api.patch(ONE, {"summary": "At noon"})) == ["summary"]
    assert paths(api.patch(ONE, {"rules_shown": []})) == ["rules_shown"]


def test_the_summary_does_not_cost_a_query_for_each_row(
    api: APIClient, make_schedule, django_assert_max_num_queries
):
    for number in range(5):
        make_schedule(f"s{number}")

    with django_assert_max_num_queries(8):
        assert len(api.get(URL).json()["results"]) == 5
