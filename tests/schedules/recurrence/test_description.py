"""Rules in plain English."""

from typing import Any

import pytest
from hypothesis import assume, example, given, settings

from schedules.recurrence import InvalidRule, describe, describe_all, parse_cron, rule_from_dict
from tests.schedules.recurrence.local import at
from tests.schedules.recurrence.rules import any_rule

START = "DTSTART:20260105T090000\nRRULE:"


@settings(max_examples=400, deadline=None)
@given(data=any_rule)
@example({"kind": "cron", "expression": "0-59 0-23 1-31 1-12 0-6"})
@example({"kind": "cron", "expression": "*/9,*/11 */9,5 */40,L * */2,MON#1"})
def test_every_accepted_rule_has_a_description(data: dict[str, Any]) -> None:
    try:
        rule = rule_from_dict(data)
    except InvalidRule as refusal:
        assume("never fires" not in refusal.problem and "never comes" not in refusal.problem)
        raise

    text = describe(rule, zone="Europe/Berlin")

    assert text[0].isupper() or text[0].isdigit()
    assert text == text.strip()
    assert "None" not in text
    assert "  " not in text
    assert ", ," not in text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("* * * * *", "Every minute"),
        ("*/5 * * * *", "Every 5 minutes"),
        ("*/10 * * * * *", "Every 10 seconds"),
        ("0 * * * *", "Every hour"),
        ("0 */2 * * *", "Every 2 hours"),
        ("30 9 * * *", "At 09:30"),
        ("30 9 * * MON-FRI", "At 09:30, Monday through Friday"),
        ("0 9 * * 7", "At 09:00, only on Sunday"),
        ("0 9,18 1,15 * *", "At 09:00 and 18:00, on days 1 and 15 of the month"),
        ("30 0 9 * * *", "At 09:00:30"),
        ("0 0 L * *", "At 00:00, on the last day of the month"),
        ("0 0 * * MON#2", "At 00:00, on the second Monday of the month"),
        ("@yearly", "At 00:00, on day 1 of the month, only in January"),
    ],
)
def test_a_plain_cron_reads_plainly(expression: str, text: str) -> None:
    assert describe(parse_cron(expression), zone="UTC") == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("*/7 * * * *", "Every 7th minute from 0 of every hour"),
        ("50/5 * * * *", "At minutes 50 and 55 of every hour"),
        ("0 9-17 * * *", "At minute 0 of hours 9 through 17"),
        ("*/15 9-17 * * 1-5", "Every 15 minutes of hours 9 through 17, on Monday through Friday"),
        ("0 0 13 * FRI", "At 00:00, on day 13 of the month or on Friday"),
        ("0 0 */2 * MON", "At 00:00, on every 2nd day from 1 of the month, but only on Monday"),
        ("0 0 L-2 * *", "At 00:00, on the 3rd last day of the month"),
        (
            "0 0 15W,LW * *",
            "At 00:00, on the working day nearest to day 15 and the last working day of the month",
        ),
        ("0 0 * * MON,FRIL", "At 00:00, on Monday or the last Friday of the month"),
        ("0 0 * * 1#2,3#4", "At 00:00, on the 2nd Monday of the month or the 4th Wednesday of the month"),
        ("0 22-0 * * *", "At 00:00, 22:00 and 23:00"),
        ("9,30 22 1 11-2/3 *", "At 22:09 and 22:30, on day 1 of the month, in February and November"),
        ("0 0 1 */3 *", "At 00:00, on day 1 of the month, in January, April, July and October"),
    ],
)
def test_what_the_library_gets_wrong_we_say_ourselves(expression: str, text: str) -> None:
    assert describe(parse_cron(expression), zone="UTC") == text


def test_days_that_must_both_match_are_said_so() -> None:
    rule = parse_cron("0 0 13 * FRI", day_match="and")

    assert describe(rule, zone="UTC") == "At 00:00, on day 13 of the month, but only on Friday"


def test_a_hash_is_described_by_what_it_became() -> None:
    rule = parse_cron("H 9 * * *", hash_key="schedule-1")

    assert describe(rule, zone="UTC") == f"At 09:{rule.minutes[0]:02}"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"preset": "daily", "at": "09:30"}, "At 09:30"),
        (
            {"kind": "interval", "every_seconds": 5400, "anchor": "2026-01-01T00:00:00Z"},
            "Every 90 minutes, counted from 2026-01-01 01:00 +01:00",
        ),
        (
            {
                "kind": "interval",
                "every_seconds": 172800,
                "anchor": "2026-01-01T00:00:00Z",
                "basis": "wall_clock",
            },
            "Every 2 days on the wall clock, counted from 2026-01-01 01:00 +01:00",
        ),
        ({"kind": "after_completion", "delay_seconds": 1.5}, "1.5 seconds after the end of each run"),
        ({"kind": "one_time", "at": "2026-12-01T09:00:30"}, "Once, at 2026-12-01 09:00:30"),
        ({"kind": "dates", "dates": ["2026-12-24T09:00"]}, "At 2026-12-24 09:00"),
        (
            {"kind": "dates", "dates": [f"2026-12-0{n}" for n in (4, 3, 2, 1)]},
            "On 4 dates, from 2026-12-01 00:00 to 2026-12-04 00:00",
        ),
        (
            {"kind": "rrule", "rrule": START + "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=9"},
            "Every 2 weeks, on Monday and Friday, at 09:00, from 2026-01-05 09:00, 9 times",
        ),
        (
            {"kind": "rrule", "rrule": START + "FREQ=MONTHLY;BYDAY=2MO,-1FR\nEXDATE:20260209T090000"},
            "Every month, on the 2nd Monday and the last Friday, at 09:00, from 2026-01-05 09:00, except on 1 date",
        ),
        (
            {"kind": "rrule", "rrule": START + "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1;UNTIL=20270101T000000Z"},
            "Every month, on Monday and Tuesday, at 09:00, only the last of these in each month,"
            " from 2026-01-05 09:00, until 2027-01-01 01:00 +01:00",
        ),
        (
            {"kind": "rrule", "rrule": START + "FREQ=HOURLY;INTERVAL=3"},
            "Every 3 hours, at minute 0, from 2026-01-05 09:00",
        ),
    ],
)
def test_every_kind_has_words(data: dict[str, Any], text: str) -> None:
    rule = rule_from_dict(data, zone="Europe/Berlin", created_at=at("2026-01-01T00:00"))

    assert describe(rule, zone="Europe/Berlin") == text


def test_several_rules_are_one_text() -> None:
    rules = [parse_cron("30 9 * * *"), parse_cron("0 * * * *")]

    assert describe_all(rules, zone="UTC") == "At 09:30; Every hour"


def test_the_text_does_not_depend_on_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")

    assert describe(parse_cron("30 21 * * MON"), zone="UTC") == "At 21:30, only on Monday"
