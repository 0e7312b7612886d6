"""Daylight saving by example: real zones, real transitions, every policy."""

from datetime import datetime
from itertools import islice
from typing import Any

import pytest

from schedules.recurrence import InvalidRule, fires, parse_cron
from tests.schedules.recurrence.local import at, runs

BERLIN_GAP: dict[str, Any] = {"zone": "Europe/Berlin", "day": "2026-03-29"}  # 02:00 becomes 03:00
BERLIN_OVERLAP: dict[str, Any] = {"zone": "Europe/Berlin", "day": "2026-10-25"}  # 03:00 becomes 02:00


@pytest.mark.parametrize(
    ("expression", "gap", "expected"),
    [
        ("30 2 * * *", "at_gap_end", ["03:00+0200"]),
        ("30 2 * * *", "skip", []),
        ("30 2 * * *", "shift", ["03:30+0200"]),
        # Several times of one gap are one run at its end, also when the end is a time of the rule itself.
        ("0,20,40 2 * * *", "at_gap_end", ["03:00+0200"]),
        ("0,20,40 2 * * *", "shift", ["03:00+0200", "03:20+0200", "03:40+0200"]),
        ("15 1-3 * * *", "at_gap_end", ["01:15+0100", "03:00+0200", "03:15+0200"]),
        ("0 2,3 * * *", "at_gap_end", ["03:00+0200"]),
        # What is shifted falls in with, between and after the others.
        ("0,30 2,3 * * *", "shift", ["03:00+0200", "03:30+0200"]),
        ("0,45 2 * * *", "shift", ["03:00+0200", "03:45+0200"]),
        ("10,30 2-3 * * *", "skip", ["03:10+0200", "03:30+0200"]),
        ("59 1 * * *", "at_gap_end", ["01:59+0100"]),
        ("0 3 * * *", "at_gap_end", ["03:00+0200"]),
        ("30 59 2 * * *", "shift", ["03:59+0200"]),
    ],
)
def test_a_fixed_rule_in_a_gap(expression: str, gap: str, expected: list[str]) -> None:
    assert runs(expression, **BERLIN_GAP, gap=gap) == expected


@pytest.mark.parametrize(
    ("expression", "overlap", "expected"),
    [
        ("30 2 * * *", "first", ["02:30+0200"]),
        ("30 2 * * *", "second", ["02:30+0100"]),
        ("30 2 * * *", "both", ["02:30+0200", "02:30+0100"]),
        (
            "0,30 1-3 * * *",
            "first",
            ["01:00+0200", "01:30+0200", "02:00+0200", "02:30+0200", "03:00+0100", "03:30+0100"],
        ),
        (
            "0,30 1-3 * * *",
            "second",
            ["01:00+0200", "01:30+0200", "02:00+0100", "02:30+0100", "03:00+0100", "03:30+0100"],
        ),
        ("0,30 2 * * *", "both", ["02:00+0200", "02:30+0200", "02:00+0100", "02:30+0100"]),
        ("0 2 * * *", "first", ["02:00+0200"]),
        ("0 3 * * *", "second", ["03:00+0100"]),
        ("59 1 * * *", "both", ["01:59+0200"]),
    ],
)
def test_a_fixed_rule_in_an_overlap(expression: str, overlap: str, expected: list[str]) -> None:
    assert runs(expression, **BERLIN_OVERLAP, overlap=overlap) == expected


@pytest.mark.parametrize("gap", ["at_gap_end", "skip", "shift"])
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 */1 * * *", ["00:00+0100", "01:00+0100", "03:00+0200", "04:00+0200"]),
        ("15 * * * *", ["00:15+0100", "01:15+0100", "03:15+0200", "04:15+0200"]),
        ("*/30 1-3 * * *", ["01:00+0100", "01:30+0100", "03:00+0200", "03:30+0200"]),
        ("*/30 2 * * *", []),
        ("0 */2 * * *", ["00:00+0100", "04:00+0200", "06:00+0200", "08:00+0200"]),
        ("*/30 59 1-3 * * *", ["01:59+0100", "01:59+0100", "03:59+0200", "03:59+0200"]),
    ],
)
def test_for_an_elapsed_rule_the_missing_hour_does_not_exist(
    expression: str, gap: str, expected: list[str]
) -> None:
    assert runs(expression, **BERLIN_GAP, gap=gap)[:4] == expected


@pytest.mark.parametrize("overlap", ["first", "second", "both"])
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("15 * * * *", ["00:15+0200", "01:15+0200", "02:15+0200", "02:15+0100", "03:15+0100"]),
        ("*/30 2 * * *", ["02:00+0200", "02:30+0200", "02:00+0100", "02:30+0100"]),
        ("0 */2 * * *", ["00:00+0200", "02:00+0200", "02:00+0100", "04:00+0100", "06:00+0100"]),
        ("*/20 0 2 * * *", ["02:00+0200"] * 3 + ["02:00+0100"] * 2),
    ],
)
def test_for_an_elapsed_rule_both_copies_of_an_hour_run(
    expression: str, overlap: str, expected: list[str]
) -> None:
    assert runs(expression, **BERLIN_OVERLAP, overlap=overlap)[:5] == expected


@pytest.mark.parametrize(
    ("zone", "day", "expression", "policies", "expected"),
    [
        # New York: 02:00 becomes 03:00, and 02:00 becomes 01:00.
        ("America/New_York", "2026-03-08", "30 2 * * *", {}, ["03:00-0400"]),
        ("America/New_York", "2026-11-01", "30 1 * * *", {}, ["01:30-0400"]),
        ("America/New_York", "2026-11-01", "30 1 * * *", {"overlap": "second"}, ["01:30-0500"]),
        ("America/New_York", "2026-11-01", "0 0-2 * * *", {}, ["00:00-0400", "01:00-0400", "02:00-0500"]),
        # Lord Howe moves by half an hour: 02:00 becomes 02:30, and 02:00 becomes 01:30.
        ("Australia/Lord_Howe", "2026-10-04", "15 2 * * *", {}, ["02:30+1100"]),
        ("Australia/Lord_Howe", "2026-10-04", "15 2 * * *", {"gap": "shift"}, ["02:45+1100"]),
        ("Australia/Lord_Howe", "2026-10-04", "30 2 * * *", {"gap": "skip"}, ["02:30+1100"]),
        ("Australia/Lord_Howe", "2026-10-04", "*/15 2 * * *", {}, ["02:30+1100", "02:45+1100"]),
        (
            "Australia/Lord_Howe",
            "2026-10-04",
            "0 1-3/1 * * *",
            {},
            ["01:00+1030", "02:30+1100", "03:00+1100"],
        ),
        ("Australia/Lord_Howe", "2026-04-05", "45 1 * * *", {}, ["01:45+1100"]),
        (
            "Australia/Lord_Howe",
            "2026-04-05",
            "45 1 * * *",
            {"overlap": "both"},
            ["01:45+1100", "01:45+1030"],
        ),
        ("Australia/Lord_Howe", "2026-04-05", "15 1 * * *", {"overlap": "both"}, ["01:15+1100"]),
        (
            "Australia/Lord_Howe",
            "2026-04-05",
            "*/20 1 * * *",
            {},
            ["01:00+1100", "01:20+1100", "01:40+1100", "01:40+1030"],
        ),
        # Cairo changes at midnight, Gaza did a minute later: the day begins at 01:00, or skips from 00:01.
        ("Africa/Cairo", "2026-04-24", "0 0 * * *", {}, ["01:00+0300"]),
        ("Africa/Cairo", "2026-04-24", "30 0 * * *", {"gap": "shift"}, ["01:30+0300"]),
        ("Africa/Cairo", "2026-04-24", "0 0 * * *", {"gap": "skip"}, []),
        ("Africa/Cairo", "2026-10-29", "30 23 * * *", {"overlap": "both"}, ["23:30+0300", "23:30+0200"]),
        ("Africa/Cairo", "2026-10-29", "30 23 * * *", {"overlap": "second"}, ["23:30+0200"]),
        ("Asia/Gaza", "2011-04-01", "0 0 * * *", {}, ["00:00+0200"]),
        ("Asia/Gaza", "2011-04-01", "1 0 * * *", {}, ["01:01+0300"]),
        # Sao Paulo until 2019: no midnight on the first day of summer, two on the last.
        ("America/Sao_Paulo", "2018-11-04", "0 0 * * *", {}, ["01:00-0200"]),
        ("America/Sao_Paulo", "2018-11-04", "0 0 * * *", {"gap": "skip"}, []),
        (
            "America/Sao_Paulo",
            "2018-11-04",
            "0 * 4 11 *",
            {},
            [f"{hour:02}:00-0200" for hour in range(1, 24)],
        ),
        ("America/Sao_Paulo", "2018-02-17", "0 23 * * *", {}, ["23:00-0200"]),
        ("America/Sao_Paulo", "2018-02-17", "0 23 * * *", {"overlap": "both"}, ["23:00-0200", "23:00-0300"]),
        # Troll moves by two hours.
        ("Antarctica/Troll", "2026-03-29", "30 1,2 * * *", {}, ["03:00+0200"]),
        ("Antarctica/Troll", "2026-03-29", "30 1,2 * * *", {"gap": "shift"}, ["03:30+0200", "04:30+0200"]),
        # Monrovia moved by 44 minutes and 30 seconds.
        ("Africa/Monrovia", "1972-01-07", "15 0 * * *", {}, ["00:44+0000"]),
        ("Africa/Monrovia", "1972-01-07", "*/15 0 * * *", {}, ["00:45+0000"]),
    ],
)
def test_other_zones(
    zone: str, day: str, expression: str, policies: dict[str, Any], expected: list[str]
) -> None:
    assert runs(expression, zone, day=day, **policies) == expected


@pytest.mark.parametrize(
    ("expression", "policies", "expected"),
    [
        ("0 9 * * *", {}, ["29 09:00-1000", "31 00:00+1400", "31 09:00+1400"]),
        ("0 9 * * *", {"gap": "skip"}, ["29 09:00-1000", "31 09:00+1400"]),
        ("0 9 * * *", {"gap": "shift"}, ["29 09:00-1000", "31 09:00+1400"]),
        ("0 9 30 12 *", {}, ["31 00:00+1400"]),
        ("0 9 30 12 *", {"gap": "skip"}, []),
        ("0 9 30 12 *", {"gap": "shift"}, ["31 09:00+1400"]),
        ("0 0,23 * * *", {}, ["29 00:00-1000", "29 23:00-1000", "31 00:00+1400", "31 23:00+1400"]),
        ("0 */12 * * *", {}, ["29 00:00-1000", "29 12:00-1000", "31 00:00+1400", "31 12:00+1400"]),
        ("0 * 30 12 *", {}, []),
    ],
)
def test_a_day_that_apia_skips_is_a_gap(
    expression: str, policies: dict[str, Any], expected: list[str]
) -> None:
    assert runs(expression, "Pacific/Apia", day="2011-12-29", days=3, **policies) == expected


def test_a_day_that_kwajalein_skips_is_a_gap() -> None:
    assert runs("30 8 * * *", "Pacific/Kwajalein", day="1993-08-20", days=3) == [
        "20 08:30-1200",
        "22 00:00+1200",
        "22 08:30+1200",
    ]


@pytest.mark.parametrize("minute", range(0, 60, 7))
def test_a_search_from_within_a_gap_or_overlap_goes_on_where_the_stream_is(minute: int) -> None:
    for day, zone in [
        ("2026-03-29", "Europe/Berlin"),
        ("2026-10-25", "Europe/Berlin"),
        ("2011-12-31", "Pacific/Apia"),
    ]:
        for gap, overlap in [("shift", "both"), ("at_gap_end", "second"), ("skip", "first")]:
            rule = parse_cron("0,10,20,45 0-5,22 * * *")
            policies: dict[str, Any] = {"zone": zone, "gap": gap, "overlap": overlap}
            after = at(f"{day}T00:{minute:02}", zone)
            stream = list(islice(fires(rule, after=after, **policies), 40))

            for n, run in enumerate(stream[:-1]):
                assert next(fires(rule, after=run, **policies)) == stream[n + 1]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("zone", "Mars/Olympus"),
        ("zone", "Europe"),
        ("zone", "../../etc/passwd"),
        ("zone", ""),
        ("zone", "right/UTC"),
        ("zone", "localtime"),
        ("zone", "a" * 5000),
        ("gap", "later"),
        ("overlap", "third"),
    ],
)
def test_an_unknown_zone_or_policy_is_named(argument: str, value: str) -> None:
    settings: dict[str, Any] = {"zone": "UTC", argument: value}

    with pytest.raises(InvalidRule) as refusal:
        fires(parse_cron("@daily"), after=at("2026-01-01T00:00"), **settings)

    assert refusal.value.field == argument


def test_a_time_without_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="zone"):
        fires(parse_cron("@daily"), zone="UTC", after=datetime(2026, 1, 1))  # noqa: DTZ001
