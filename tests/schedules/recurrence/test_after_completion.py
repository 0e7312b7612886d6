"""After-completion rules: a delay from the end of one run to the start of the next."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from schedules.recurrence import AfterCompletion, InvalidRule, fires, parse_cron, rule_from_dict, rule_to_dict
from tests.schedules.recurrence.local import at

NOON = at("2026-06-01T12:00")
TEN_MINUTES = timedelta(minutes=10)


def test_the_next_run_comes_the_delay_after_the_end_of_the_last() -> None:
    rule = AfterCompletion(TEN_MINUTES, ended_at=NOON)

    assert list(fires(rule, zone="UTC", after=NOON)) == [NOON + TEN_MINUTES]


def test_nothing_fires_while_a_run_is_going_on() -> None:
    assert list(fires(AfterCompletion(TEN_MINUTES), zone="UTC", after=NOON)) == []


def test_a_time_that_has_come_does_not_fire_again() -> None:
    rule = AfterCompletion(TEN_MINUTES, ended_at=NOON)

    assert list(fires(rule, zone="UTC", after=NOON + TEN_MINUTES)) == []


@pytest.mark.parametrize("gap", ["at_gap_end", "skip", "shift"])
def test_the_delay_is_real_time_across_a_jump_of_the_clock(gap: str) -> None:
    rule = AfterCompletion(timedelta(hours=1), ended_at=at("2026-03-29T01:30", "Europe/Berlin"))

    found = list(fires(rule, zone="Europe/Berlin", after=NOON - timedelta(days=90), gap=gap))

    assert found == [at("2026-03-29T03:30", "Europe/Berlin")]


def test_a_delay_beyond_the_horizon_never_fires() -> None:
    rule = AfterCompletion(timedelta(days=3660), ended_at=at("2199-01-01T00:00"))

    assert list(fires(rule, zone="UTC", after=NOON)) == []


def test_the_end_of_the_last_run_is_handed_in_and_not_stored() -> None:
    rule = rule_from_dict({"kind": "after_completion", "delay_seconds": 600}, ended_at=NOON)

    assert rule == AfterCompletion(TEN_MINUTES, ended_at=NOON)
    assert rule_to_dict(rule) == {"kind": "after_completion", "delay_seconds": 600}


def test_the_other_kinds_have_no_use_for_the_end_of_a_run() -> None:
    data = {"kind": "cron", "expression": "@daily"}

    assert rule_from_dict(data, ended_at=NOON) == parse_cron("@daily")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "delay_seconds"),
        ({"delay_seconds": 0}, "delay_seconds"),
        ({"delay_seconds": "60"}, "delay_seconds"),
        ({"delay_seconds": 316_224_001}, "delay_seconds"),
        ({"delay_seconds": 60, "ended_at": "2026-06-01T12:00:00Z"}, "ended_at"),
    ],
)
def test_a_wrong_delay_is_named(data: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRule) as refusal:
        rule_from_dict({"kind": "after_completion", **data})

    assert refusal.value.field == field


def test_an_end_without_zone_is_refused() -> None:
    with pytest.raises(InvalidRule, match="ended_at"):
        AfterCompletion(TEN_MINUTES, ended_at=datetime(2026, 6, 1))  # noqa: DTZ001


def test_a_time_without_zone_to_search_from_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="pass an aware time"):
        fires(parse_cron("@daily"), zone="UTC", after=datetime(2026, 6, 1))  # noqa: DTZ001
