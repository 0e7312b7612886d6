"""What the clock does at a fire time, in words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from schedules.preview import daylight
from schedules.recurrence import fires, parse_cron

SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 24, 12, tzinfo=UTC)


def notes(expression: str, *, zone: str, after: datetime, count: int = 2, **policies: str) -> list[str]:
    rule, where = parse_cron(expression), ZoneInfo(zone)
    walls = daylight.wall_clock([rule], where)
    found = fires(rule, zone=where, after=after, **policies)
    gap = policies.get("gap", "at_gap_end")
    return [daylight.note(next(found), zone=where, walls=walls, gap=gap) for _ in range(count)]


@pytest.mark.parametrize(
    ("gap", "shown"), [("at_gap_end", "fires at 03:00"), ("shift", "fires at 03:30"), ("skip", "")]
)
def test_a_time_that_the_clock_skips_says_when_it_fires(gap: str, shown: str) -> None:
    said, following = notes("30 2 * * *", zone="Europe/Berlin", after=SPRING, gap=gap)

    assert said == (f"02:30 does not exist on this day; {shown}" if shown else "")
    assert following == ""


def test_a_time_after_a_gap_that_was_meant_has_no_note() -> None:
    assert notes("0 3 * * *", zone="Europe/Berlin", after=SPRING) == ["", ""]


@pytest.mark.parametrize(("overlap", "which"), [("first", ["first"]), ("second", ["second"])])
def test_a_time_that_comes_twice_says_which_it_is(overlap: str, which: list[str]) -> None:
    said, following = notes("30 2 * * *", zone="Europe/Berlin", after=AUTUMN, overlap=overlap)

    assert said == f"02:30 comes twice on this day; this is the {which[0]}"
    assert following == ""


def test_a_rule_in_real_time_fires_in_both_and_never_at_a_gap_for_another() -> None:
    both = notes("30 * * * *", zone="Europe/Berlin", after=datetime(2026, 10, 25, 0, tzinfo=UTC), count=3)

    assert [text[-5:] for text in both] == ["first", "econd", ""]
    hourly = notes("0 * * * *", zone="Europe/Berlin", after=datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
    assert hourly == ["", ""]


@pytest.mark.parametrize("gap", ["at_gap_end", "skip", "shift"])
@pytest.mark.parametrize("expression", ["0 0 * * *", "0 0,2 * * *", "10 2,3 * * *"])
def test_a_time_that_the_rule_names_itself_has_no_note_after_a_skipped_day(expression: str, gap: str) -> None:
    eve = datetime(2011, 12, 30, 9, 59, tzinfo=UTC)  # 23:59 on the 29th; the 30th does not exist

    found = notes(expression, zone="Pacific/Apia", after=eve, count=3, gap=gap)

    moved = expression.startswith("10") and gap == "at_gap_end"
    assert found == ["02:10 does not exist on 2011-12-30, which the clock skips; fires at 00:00"] * moved + [
        ""
    ] * (3 - moved)


def test_only_the_first_instant_after_a_gap_stands_for_what_was_skipped() -> None:
    spring = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)

    assert notes("30 2,3 * * *", zone="Europe/Berlin", after=spring) == [
        "02:30 does not exist on this day; fires at 03:00",
        "",
    ]


def test_a_half_hour_gap_and_a_skipped_day_are_told_alike() -> None:
    lord_howe = notes("15 2 * * *", zone="Australia/Lord_Howe", after=datetime(2026, 10, 3, tzinfo=UTC))
    apia = notes("0 9 * * *", zone="Pacific/Apia", after=datetime(2011, 12, 29, 20, tzinfo=UTC))

    assert lord_howe[0] == "02:15 does not exist on this day; fires at 02:30"
    assert apia[0] == "09:00 does not exist on 2011-12-30, which the clock skips; fires at 00:00"
