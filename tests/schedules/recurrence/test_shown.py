"""Rules as they are shown."""

from typing import Any

import pytest

from schedules.recurrence import rule_from_dict
from schedules.recurrence.shown import RuleShown, show

NINE = {"kind": "cron", "expression": "0 9 * * mon-fri", "day_match": "or"}


def test_a_cron_is_shown_in_words_in_numbers_and_as_its_preset() -> None:
    assert show(rule_from_dict(NINE), zone="UTC") == RuleShown(
        NINE,
        "At 09:00, Monday through Friday",
        "0 9 * * 1-5",
        {"preset": "weekly", "on": ["MON", "TUE", "WED", "THU", "FRI"], "at": "09:00"},
    )


@pytest.mark.parametrize(
    ("rule", "canonical"),
    [
        ({"kind": "cron", "expression": "H 9 * * *"}, True),
        ({"kind": "after_completion", "delay_seconds": 60}, False),
        ({"kind": "one_time", "at": "2030-12-01T09:00:00Z"}, False),
    ],
)
def test_what_is_no_preset_or_no_cron_has_none(rule: dict[str, Any], canonical: bool) -> None:
    shown = show(rule_from_dict(rule, hash_key="a"), zone="UTC")

    assert (shown.preset, shown.canonical is not None) == (None, canonical)
    assert shown.description


def test_the_zone_decides_how_an_instant_is_shown() -> None:
    rule = rule_from_dict({"kind": "one_time", "at": "2030-12-01T09:00:00Z"})

    assert show(rule, zone="UTC").description == "Once, at 2030-12-01 09:00 +00:00"
    assert show(rule, zone="Asia/Tokyo").description == "Once, at 2030-12-01 18:00 +09:00"
