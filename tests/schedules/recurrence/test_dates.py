"""Date rules: lists of instants and of times on the wall clock."""

from datetime import datetime
from typing import Any

import pytest

from schedules.recurrence import Dates, InvalidRule, fires, rule_from_dict, rule_to_dict
from tests.schedules.recurrence.local import at, runs

EVE, EPIPHANY = datetime(2026, 12, 24, 9), datetime(2027, 1, 6, 9)  # noqa: DTZ001
LONG_AGO = at("2020-01-01T00:00")


def test_dates_fire_in_order_whatever_order_they_were_written_in() -> None:
    found = list(fires(Dates((EPIPHANY, EVE)), zone="Asia/Tokyo", after=LONG_AGO))

    assert found == [at("2026-12-24T09:00", "Asia/Tokyo"), at("2027-01-06T09:00", "Asia/Tokyo")]


def test_dates_that_have_come_do_not_fire_again() -> None:
    found = list(fires(Dates((EVE, EPIPHANY)), zone="UTC", after=at("2026-12-24T09:00")))

    assert found == [at("2027-01-06T09:00")]


def test_an_instant_among_wall_clock_times_keeps_its_place_and_fires_once() -> None:
    noon = at("2026-12-24T12:00", "Europe/Berlin")
    rule = Dates((EPIPHANY, noon, EVE, EVE.replace(hour=12)))

    found = list(fires(rule, zone="Europe/Berlin", after=LONG_AGO))

    assert found == [at("2026-12-24T09:00", "Europe/Berlin"), noon, at("2027-01-06T09:00", "Europe/Berlin")]


@pytest.mark.parametrize(
    ("day", "policies", "expected"),
    [
        ("2026-03-29", {}, ["03:00+0200"]),
        ("2026-03-29", {"gap": "skip"}, []),
        ("2026-03-29", {"gap": "shift"}, ["03:10+0200", "03:30+0200"]),
        ("2026-10-25", {}, ["02:30+0200"]),
        ("2026-10-25", {"overlap": "second"}, ["02:30+0100"]),
        ("2026-10-25", {"overlap": "both"}, ["02:30+0200", "02:30+0100"]),
    ],
)
def test_dates_obey_the_policies(day: str, policies: dict[str, Any], expected: list[str]) -> None:
    rule = Dates(
        tuple(map(datetime.fromisoformat, ["2026-03-29T02:10", "2026-03-29T02:30", "2026-10-25T02:30"]))
    )

    assert runs(rule, "Europe/Berlin", day=day, **policies) == expected


def test_dates_are_stored_in_order_and_without_repeats() -> None:
    written = ["2027-01-06T09:00:00", "2026-12-24T09:00:00+01:00", "2027-01-06T09:00", "2026-12-24T08:00:00Z"]

    rule = rule_from_dict({"kind": "dates", "dates": written})

    assert rule_to_dict(rule) == {
        "kind": "dates",
        "dates": ["2026-12-24T09:00:00+01:00", "2027-01-06T09:00:00"],
    }
    assert rule_from_dict(rule_to_dict(rule)) == rule


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "dates"),
        ({"dates": []}, "dates"),
        ({"dates": "2026-12-24"}, "dates"),
        ({"dates": ["2026-12-24"] * 1001}, "dates"),
        ({"dates": ["2026-12-24", "soon"]}, "dates[1]"),
        ({"dates": [5]}, "dates[0]"),
        ({"dates": ["1969-12-31T23:59:59"]}, "dates[0]"),
        ({"dates": ["2026-12-24"], "at": "2026-12-24"}, "at"),
    ],
)
def test_a_wrong_date_is_named(data: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRule) as refusal:
        rule_from_dict({"kind": "dates", **data})

    assert refusal.value.field == field


def test_no_dates_are_no_rule() -> None:
    with pytest.raises(InvalidRule, match="1 to 1000"):
        Dates(())
