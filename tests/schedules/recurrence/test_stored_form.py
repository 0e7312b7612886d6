"""Rules as the JSON that a schedule stores."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from schedules.recurrence import (
    Basis,
    Interval,
    InvalidRule,
    OneTime,
    parse_cron,
    rule_from_dict,
    rule_to_dict,
)
from tests.schedules.recurrence.local import at

ANCHOR = "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "cron", "expression": " 0 9  * * MON-FRI", "day_match": "or"},
        {"kind": "cron", "expression": "0 0 13 * FRI", "day_match": "and"},
        {"kind": "interval", "every_seconds": 30, "anchor": ANCHOR, "basis": "elapsed"},
        {"kind": "interval", "every_seconds": 1.5, "anchor": ANCHOR, "basis": "elapsed"},
        {"kind": "interval", "every_seconds": 86400, "anchor": ANCHOR, "basis": "wall_clock"},
        {"kind": "one_time", "at": "2026-12-01T09:00:00"},
        {"kind": "one_time", "at": "2026-12-01T09:00:00+01:00"},
    ],
)
def test_a_rule_comes_back_as_it_was_stored(data: dict[str, Any]) -> None:
    rule = rule_from_dict(json.loads(json.dumps(data)))

    assert rule_to_dict(rule) == data
    assert rule_from_dict(rule_to_dict(rule)) == rule


def test_a_cron_takes_its_hash_from_the_schedule() -> None:
    rule = rule_from_dict({"kind": "cron", "expression": "H 9 * * *"}, hash_key="schedule-1")

    assert rule == parse_cron("H 9 * * *", hash_key="schedule-1")


def test_an_interval_without_anchor_counts_from_the_creation_of_the_schedule() -> None:
    created_at = at("2026-05-05T05:05")

    rule = rule_from_dict({"kind": "interval", "every_seconds": 60}, created_at=created_at)

    assert rule == Interval(every=timedelta(minutes=1), anchor=created_at, basis=Basis.ELAPSED)


def test_an_anchor_without_offset_is_local_time_of_the_schedule() -> None:
    data = {"kind": "interval", "every_seconds": 60, "anchor": "2026-07-01T09:00:00"}

    rule = rule_from_dict(data, zone="Europe/Berlin")

    assert rule == Interval(every=timedelta(minutes=1), anchor=at("2026-07-01T09:00", "Europe/Berlin"))


def test_a_time_that_ends_in_z_is_an_instant() -> None:
    assert rule_from_dict({"kind": "one_time", "at": "2026-12-01T09:00:00Z"}) == OneTime(
        at=at("2026-12-01T09:00")
    )


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (None, "kind"),
        ([], "kind"),
        ({}, "kind"),
        ({"kind": "lunar"}, "kind"),
        ({"kind": ["cron"]}, "kind"),
        ({"kind": "cron"}, "expression"),
        ({"kind": "cron", "expression": None}, "expression"),
        ({"kind": "cron", "expression": 5}, "expression"),
        ({"kind": "cron", "expression": "0 9 * *"}, "expression"),
        ({"kind": "cron", "expression": "0 25 * * *"}, "hour"),
        ({"kind": "cron", "expression": "@daily", "day_match": "xor"}, "day_match"),
        ({"kind": "cron", "expression": "@daily", "day_match": None}, "day_match"),
        ({"kind": "cron", "expression": "@daily", "day_mach": "or"}, "day_mach"),
        ({"kind": "interval", "anchor": ANCHOR}, "every_seconds"),
        ({"kind": "interval", "every_seconds": 0, "anchor": ANCHOR}, "every_seconds"),
        ({"kind": "interval", "every_seconds": 0.5, "anchor": ANCHOR}, "every_seconds"),
        ({"kind": "interval", "every_seconds": True, "anchor": ANCHOR}, "every_seconds"),
        ({"kind": "interval", "every_seconds": "30", "anchor": ANCHOR}, "every_seconds"),
        ({"kind": "interval", "every_seconds": float("nan"), "anchor": ANCHOR}, "every_seconds"),
        ({"kind": "interval", "every_seconds": float("inf"), "anchor": ANCHOR}, "every_seconds"),
        ({"kind": "interval", "every_seconds": 10**400, "anchor": ANCHOR}, "every_seconds"),
        ({"kind": "interval", "every_seconds": 60}, "anchor"),
        ({"kind": "interval", "every_seconds": 60, "anchor": "soon"}, "anchor"),
        ({"kind": "interval", "every_seconds": 60, "anchor": 5}, "anchor"),
        ({"kind": "interval", "every_seconds": 60, "anchor": "0001-01-01T00:00:00+14:00"}, "anchor"),
        ({"kind": "interval", "every_seconds": 60, "anchor": ANCHOR, "basis": "wall_clock"}, "basis"),
        ({"kind": "interval", "every_seconds": 60, "anchor": ANCHOR, "basis": 1}, "basis"),
        ({"kind": "one_time"}, "at"),
        ({"kind": "one_time", "at": "tomorrow"}, "at"),
        ({"kind": "one_time", "at": "2" * 5000}, "at"),
        ({"kind": "one_time", "at": "2026-02-30T00:00:00"}, "at"),
        ({"kind": "one_time", "at": "9999-12-31T23:59:59-12:00"}, "at"),
    ],
)
def test_a_wrong_value_is_named(data: object, field: str) -> None:
    with pytest.raises(InvalidRule) as refusal:
        rule_from_dict(data)

    assert refusal.value.field == field
    assert len(str(refusal.value)) < 250


def test_an_error_in_an_expression_points_to_its_key() -> None:
    with pytest.raises(InvalidRule) as refusal:
        rule_from_dict({"kind": "cron", "expression": "0 25 * * *"})

    assert (refusal.value.field, refusal.value.key) == ("hour", "expression")


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(InvalidRule) as refusal:
        rule_from_dict({"kind": "one_time", "at": "2026-12-01T09:00:00"}, zone="Europe/Atlantis")

    assert refusal.value.field == "zone"


def test_the_default_basis_and_day_rule_are_written_out() -> None:
    rule = rule_from_dict({"kind": "interval", "every_seconds": 60, "anchor": ANCHOR})

    assert rule_to_dict(rule)["basis"] == "elapsed"
    assert rule_to_dict(parse_cron("@daily"))["day_match"] == "or"
    assert datetime.fromisoformat(rule_to_dict(rule)["anchor"]) == at("2026-01-01T00:00")
