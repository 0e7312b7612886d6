"""Presets: to a cron and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.recurrence import InvalidRule, parse_cron, preset_of, rule_from_dict, rule_of, rule_to_dict
from schedules.recurrence.presets import WEEKDAYS

times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
weekdays = st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(lambda found: sorted(found, key=WEEKDAYS.index))
presets = st.one_of(
    st.fixed_dictionaries({"preset": st.just("hourly"), "minute": st.integers(0, 59)}),
    st.fixed_dictionaries({"preset": st.just("daily"), "at": times}),
    st.fixed_dictionaries({"preset": st.just("weekly"), "on": weekdays, "at": times}),
    st.fixed_dictionaries(
        {"preset": st.just("monthly"), "day": st.one_of(st.integers(1, 31), st.just("last")), "at": times}
    ),
)


@given(preset=presets)
def test_a_preset_comes_back_from_its_rule(preset: dict[str, Any]) -> None:
    assert preset_of(rule_of(preset)) == preset


@given(preset=presets)
def test_a_preset_in_place_of_a_rule_is_stored_as_its_cron(preset: dict[str, Any]) -> None:
    assert rule_to_dict(rule_from_dict(preset)) == rule_of(preset)


@pytest.mark.parametrize(
    ("preset", "expression"),
    [
        ({"preset": "hourly", "minute": 5}, "5 * * * *"),
        ({"preset": "daily", "at": "09:30"}, "30 9 * * *"),
        ({"preset": "weekly", "on": ["FRI", "MON", "FRI"], "at": "00:00"}, "0 0 * * MON,FRI"),
        ({"preset": "monthly", "day": 31, "at": "23:59"}, "59 23 31 * *"),
        ({"preset": "monthly", "day": "last", "at": "09:30"}, "30 9 L * *"),
    ],
)
def test_a_preset_means_this_cron(preset: dict[str, Any], expression: str) -> None:
    assert rule_of(preset)["expression"] == expression


@pytest.mark.parametrize(
    ("expression", "preset"),
    [
        ("@hourly", {"preset": "hourly", "minute": 0}),
        ("0 15 */1 * * *", {"preset": "hourly", "minute": 15}),
        ("30 9 1-31 1-12 ?", {"preset": "daily", "at": "09:30"}),
        (
            "30 9 * * mon-fri",
            {"preset": "weekly", "on": ["MON", "TUE", "WED", "THU", "FRI"], "at": "09:30"},
        ),
        ("0 9 * * 7,thu", {"preset": "weekly", "on": ["THU", "SUN"], "at": "09:00"}),
        ("0 9 * * */2", {"preset": "weekly", "on": ["TUE", "THU", "SAT", "SUN"], "at": "09:00"}),
        ("@monthly", {"preset": "monthly", "day": 1, "at": "00:00"}),
        ("0 9 L,31 * *", {"preset": "monthly", "day": "last", "at": "09:00"}),
    ],
)
def test_a_cron_that_means_the_same_is_the_preset(expression: str, preset: dict[str, Any]) -> None:
    assert preset_of({"kind": "cron", "expression": expression, "day_match": "and"}) == preset


@pytest.mark.parametrize(
    "expression",
    [
        "15 0-23 * * *",  # fixed: daylight saving treats it unlike the hourly 15 * * * *
        "H 9 * * *",
        "30 0 9 * * *",
        "0 9,10 * * *",
        "0 9 1 1 *",
        "0 9 L-1 * *",
        "0 9 * * MON#1",
        "0 9 1 * MON",
        "no cron",
    ],
)
def test_a_cron_beyond_the_presets_is_none(expression: str) -> None:
    assert preset_of({"kind": "cron", "expression": expression}) is None


def test_another_kind_of_rule_is_no_preset() -> None:
    assert preset_of({"kind": "interval", "every_seconds": 3600}) is None


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"preset": "yearly"}, "preset"),
        ({"preset": None}, "preset"),
        ({"preset": ["daily"]}, "preset"),
        ({"preset": "hourly"}, "minute"),
        ({"preset": "hourly", "minute": 60}, "minute"),
        ({"preset": "hourly", "minute": True}, "minute"),
        ({"preset": "hourly", "minute": 0, "at": "09:30"}, "at"),
        ({"preset": "daily"}, "at"),
        ({"preset": "daily", "at": "9:30"}, "at"),
        ({"preset": "daily", "at": "24:00"}, "at"),
        ({"preset": "daily", "at": "09:30:00"}, "at"),
        ({"preset": "weekly", "at": "09:30"}, "on"),
        ({"preset": "weekly", "at": "09:30", "on": []}, "on"),
        ({"preset": "weekly", "at": "09:30", "on": ["mon"]}, "on"),
        ({"preset": "weekly", "at": "09:30", "on": "MON"}, "on"),
        ({"preset": "weekly", "at": "09:30", "on": [["MON"]]}, "on"),
        ({"preset": "monthly", "at": "09:30"}, "day"),
        ({"preset": "monthly", "at": "09:30", "day": 0}, "day"),
        ({"preset": "monthly", "at": "09:30", "day": "first"}, "day"),
        ({"preset": "daily", "at": "09:30", "kind": "cron", "expression": "@daily"}, "at"),
    ],
)
def test_a_wrong_preset_is_named(data: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRule) as refusal:
        rule_from_dict(data)

    assert refusal.value.field == field


def test_a_preset_is_read_as_the_cron_itself() -> None:
    assert rule_from_dict({"preset": "daily", "at": "09:30"}) == parse_cron("30 9 * * *")
