"""What is allowed but may surprise."""

from functools import partial

import pytest
from hypothesis import assume, given, settings

from schedules.recurrence import Caution, InvalidRule, cautions, parse_cron, rule_from_dict
from tests.schedules.recurrence.local import at
from tests.schedules.recurrence.rules import any_rule
from tests.schedules.recurrence.test_fires import fastest

NEW_YEAR = at("2026-01-01T00:00")


def found(expression: str, zone: str = "UTC", **policies: str) -> list[Caution]:
    return cautions([parse_cron(expression)], zone=zone, after=NEW_YEAR, **policies)


def codes(expression: str, zone: str = "UTC") -> list[str]:
    return [caution.code for caution in found(expression, zone)]


@pytest.mark.parametrize(
    "expression",
    ["*/90 * * * *", "0 */24 * * *", "10-20/30 * * * *", "0 0 * */12 *", "0 H/30 * * *", "*/60 * * * * *"],
)
def test_a_step_beyond_its_field_is_noted(expression: str) -> None:
    assert codes(expression) == ["step_larger_than_field"]


@pytest.mark.parametrize(
    "expression", ["*/7 * * * *", "0/7 * * * *", "0 */5 * * *", "0 0 * */5 *", "0 0 */2 * *"]
)
def test_a_step_that_does_not_divide_its_field_is_noted(expression: str) -> None:
    assert codes(expression) == ["uneven_step"]


@pytest.mark.parametrize(
    "expression", ["*/15 * * * *", "@hourly", "0 9-17/2 * * *", "3/4 * * * *", "0 0 1 */3 *"]
)
def test_an_even_step_is_no_surprise(expression: str) -> None:
    assert codes(expression) == []


def test_the_note_says_which_steps_are_even() -> None:
    (caution,) = found("0 */5 * * *")

    assert caution.path == "rules[0].expression"
    assert "divides 24: 2, 3, 4, 6, 8 or 12" in caution.message


@pytest.mark.parametrize(
    ("expression", "months"),
    [
        ("0 0 31 * *", "February, April, June, September and November,"),
        ("0 0 30 * *", "in February,"),
        ("0 0 29 * *", "in February except in leap years,"),
        ("0 0 31 4,5 *", "in April,"),
    ],
)
def test_months_that_lack_the_day_are_named(expression: str, months: str) -> None:
    (caution,) = found(expression)

    assert caution.code == "skips_months"
    assert months in caution.message


@pytest.mark.parametrize(
    "expression", ["0 0 L * *", "0 0 28 * *", "0 0 31 * MON", "0 0 31,L * *", "0 0 31 1 *"]
)
def test_a_rule_with_a_day_in_each_of_its_months_skips_none(expression: str) -> None:
    assert codes(expression) == []


@pytest.mark.parametrize(
    ("recurrence", "expected"),
    [
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["skips_months"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", []),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", []),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["skips_months"]),
        ("FREQ=DAILY", []),
    ],
)
def test_months_that_an_rrule_skips_are_noted(recurrence: str, expected: list[str]) -> None:
    rule = rule_from_dict({"kind": "rrule", "rrule": f"DTSTART:20240131T090000\nRRULE:{recurrence}"})

    assert [caution.code for caution in cautions([rule], zone="UTC", after=NEW_YEAR)] == expected


@pytest.mark.parametrize(
    ("gap", "outcome"),
    [
        ("at_gap_end", "it will run at 2026-03-29 03:00 +02:00"),
        ("skip", "it will not run"),
        ("shift", "it will run at 2026-03-29 03:30 +02:00"),
    ],
)
def test_a_time_in_a_gap_is_noted_with_what_will_happen(gap: str, outcome: str) -> None:
    caution, _ = found("30 2 * * *", "Europe/Berlin", gap=gap)

    assert caution.code == "in_gap"
    assert caution.message.startswith("2026-03-29 02:30 does not exist in Europe/Berlin")
    assert outcome in caution.message


@pytest.mark.parametrize(
    ("overlap", "outcome"),
    [
        ("first", "it will run at 2026-10-25 02:30 +02:00 (overlap"),
        ("second", "it will run at 2026-10-25 02:30 +01:00 (overlap"),
        ("both", "it will run at 2026-10-25 02:30 +02:00 and again at 2026-10-25 02:30 +01:00 (overlap"),
    ],
)
def test_a_time_in_an_overlap_is_noted_with_what_will_happen(overlap: str, outcome: str) -> None:
    _, caution = found("30 2 * * *", "Europe/Berlin", overlap=overlap)

    assert caution.code == "in_overlap"
    assert outcome in caution.message


@pytest.mark.parametrize(
    ("expression", "zone"),
    [("*/30 2 * * *", "Europe/Berlin"), ("30 2 * * *", "UTC"), ("30 4 * * *", "Europe/Berlin")],
)
def test_a_time_that_no_jump_touches_is_not_noted(expression: str, zone: str) -> None:
    assert codes(expression, zone) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"kind": "one_time", "at": "2026-03-29T02:30"}, ["in_gap"]),
        ({"kind": "one_time", "at": "2026-03-29T02:30Z"}, []),
        ({"kind": "one_time", "at": "2028-03-26T02:30"}, []),
        ({"kind": "dates", "dates": ["2026-03-29T02:30", "2026-10-25T02:00"]}, ["in_gap", "in_overlap"]),
        (
            {"kind": "interval", "every_seconds": 86400, "anchor": "2026-01-01T02:30", "basis": "wall_clock"},
            ["in_gap", "in_overlap"],
        ),
        ({"kind": "interval", "every_seconds": 86400, "anchor": "2026-01-01T02:30"}, []),
        ({"kind": "after_completion", "delay_seconds": 60}, []),
        ({"kind": "rrule", "rrule": "FREQ=DAILY", "start": "2026-01-01T02:30"}, ["in_gap", "in_overlap"]),
    ],
)
def test_every_kind_on_the_wall_clock_is_looked_at(data: dict[str, object], expected: list[str]) -> None:
    rule = rule_from_dict(data, zone="Europe/Berlin")

    assert [caution.code for caution in cautions([rule], zone="Europe/Berlin", after=NEW_YEAR)] == expected


def test_each_note_points_to_its_rule() -> None:
    rules = [
        parse_cron("@daily"),
        parse_cron("*/7 * * * *"),
        rule_from_dict({"kind": "dates", "dates": ["2026-03-29T02:30"]}),
    ]

    notes = cautions(rules, zone="Europe/Berlin", after=NEW_YEAR)

    assert [note.path for note in notes] == ["rules[1].expression", "rules[2]"]


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(InvalidRule, match="gap"):
        found("@daily", gap="jump")


@settings(max_examples=100, deadline=None)
@given(data=any_rule)
def test_every_accepted_rule_is_looked_at_within_20_milliseconds(data: dict[str, object]) -> None:
    try:
        rule = rule_from_dict(data)
    except InvalidRule:
        assume(False)

    assert fastest(partial(cautions, [rule], zone="Africa/Casablanca", after=NEW_YEAR)) < 0.02
