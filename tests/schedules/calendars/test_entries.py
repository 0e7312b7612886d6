"""Which times each kind of entry excludes."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from schedules.calendars import Calendar, calendar_from_list

BERLIN = ZoneInfo("Europe/Berlin")


def reason(calendar: Calendar, local: str, zone: ZoneInfo = BERLIN) -> str | None:
    wall = datetime.fromisoformat(local)
    return calendar.excludes(wall, wall.replace(tzinfo=zone).astimezone(UTC))


DATES = calendar_from_list(
    [{"kind": "dates", "dates": ["2026-12-24", {"from": "2026-12-28", "to": "2027-01-02"}, "2026-12-30"]}]
)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-12-23T23:59:59.999999", None),
        ("2026-12-24T00:00", "date 2026-12-24"),
        ("2026-12-24T23:59:59.999999", "date 2026-12-24"),
        ("2026-12-25T00:00", None),
        ("2026-12-28T00:00", "dates 2026-12-28 to 2027-01-02"),
        ("2026-12-30T12:00", "dates 2026-12-28 to 2027-01-02"),
        ("2027-01-02T23:59", "dates 2026-12-28 to 2027-01-02"),
        ("2027-01-03T00:00", None),
        ("2025-12-24T12:00", None),
    ],
)
def test_dates_exclude_whole_local_days(local: str, expected: str | None) -> None:
    assert reason(DATES, local) == expected


YEARLY = calendar_from_list(
    [
        {
            "kind": "yearly",
            "dates": ["12-24", {"from": "12-30", "to": "01-02"}, "02-29", {"from": "02-28", "to": "02-29"}],
        }
    ]
)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-12-24", "yearly 12-24"),
        ("2031-12-24", "yearly 12-24"),
        ("2026-12-29", None),
        ("2026-12-30", "yearly 12-30 to 01-02"),
        ("2027-01-01", "yearly 12-30 to 01-02"),
        ("2027-01-02", "yearly 12-30 to 01-02"),
        ("2027-01-03", None),
        ("2028-02-29", "yearly 02-28 to 02-29"),
        ("2027-02-28", "yearly 02-28 to 02-29"),
        ("2027-03-01", None),
    ],
)
def test_yearly_dates_come_back_and_may_go_over_the_end_of_the_year(day: str, expected: str | None) -> None:
    assert reason(YEARLY, f"{day}T12:00") == expected


def test_the_29th_of_february_is_excluded_in_leap_years_only() -> None:
    calendar = calendar_from_list([{"kind": "yearly", "dates": ["02-29"]}])

    excluded = [day for day in ("2027-02-28", "2027-03-01", "2028-02-29") if reason(calendar, f"{day}T09:00")]

    assert excluded == ["2028-02-29"]


# 2026-03-06 is a Friday.
@pytest.mark.parametrize(
    ("local", "excluded"),
    [
        ("2026-03-06T21:59:59.999999", False),
        ("2026-03-06T22:00", True),
        ("2026-03-06T23:59:59", True),
        ("2026-03-07T00:00", True),
        ("2026-03-07T05:59:59.999999", True),
        ("2026-03-07T06:00", False),
        ("2026-03-07T22:00", False),
        ("2026-03-06T03:00", False),
    ],
)
def test_a_range_past_midnight_belongs_to_the_day_it_starts_on(local: str, excluded: bool) -> None:
    calendar = calendar_from_list([{"kind": "weekly", "days": ["FRI"], "from": "22:00", "to": "06:00"}])

    assert reason(calendar, local) == ("weekly FRI 22:00-06:00" if excluded else None)
    assert not excluded or calendar.entries[0].touches(date.fromisoformat(local[:10]))


def test_a_range_past_midnight_on_sunday_reaches_into_monday() -> None:
    calendar = calendar_from_list([{"kind": "weekly", "days": ["SUN"], "from": "22:00", "to": "06:00"}])

    assert reason(calendar, "2026-03-09T01:00") == "weekly SUN 22:00-06:00"


@pytest.mark.parametrize(
    ("local", "excluded"),
    [("08:59", False), ("09:00", True), ("16:59", True), ("17:00", False)],
)
def test_a_range_within_a_day_is_half_open(local: str, excluded: bool) -> None:
    calendar = calendar_from_list([{"kind": "weekly", "days": ["FRI"], "from": "09:00", "to": "17:00"}])

    assert bool(reason(calendar, f"2026-03-06T{local}")) is excluded


def test_a_range_until_midnight_leaves_the_next_day_alone() -> None:
    calendar = calendar_from_list([{"kind": "weekly", "days": ["FRI"], "from": "22:00", "to": "00:00"}])

    assert reason(calendar, "2026-03-06T23:59")
    assert not reason(calendar, "2026-03-07T00:00")
    assert not calendar.entries[0].touches(date(2026, 3, 7))


def test_weekdays_without_times_are_whole() -> None:
    calendar = calendar_from_list([{"kind": "weekly", "days": ["SUN", "SAT"]}])

    assert reason(calendar, "2026-03-07T00:00") == "weekly SAT,SUN"
    assert reason(calendar, "2026-03-08T23:59:59") == "weekly SAT,SUN"
    assert reason(calendar, "2026-03-09T00:00") is None


WINDOW = calendar_from_list(
    [{"kind": "instants", "from": "2026-10-25T00:30:00+00:00", "to": "2026-10-25T01:30:00+00:00"}]
)


def test_a_window_of_instants_tells_the_copies_of_a_repeated_hour_apart() -> None:
    local = datetime.fromisoformat("2026-10-25T02:45")

    first = WINDOW.excludes(local, datetime(2026, 10, 25, 0, 45, tzinfo=UTC))
    second = WINDOW.excludes(local, datetime(2026, 10, 25, 1, 45, tzinfo=UTC))

    assert first == "window 2026-10-25T00:30:00+00:00 to 2026-10-25T01:30:00+00:00"
    assert second is None


@pytest.mark.parametrize(
    ("clock", "excluded"), [("00:29:59", 0), ("00:30:00", 1), ("01:29:59", 1), ("01:30:00", 0)]
)
def test_a_window_of_instants_is_half_open(clock: str, excluded: int) -> None:
    at = datetime.fromisoformat(f"2026-10-25T{clock}+00:00")

    assert bool(WINDOW.excludes(at.astimezone(BERLIN).replace(tzinfo=None), at)) is bool(excluded)


def test_the_first_entry_that_excludes_gives_the_reason() -> None:
    calendar = calendar_from_list(
        [
            {"kind": "dates", "dates": ["2026-01-01"]},
            {"kind": "weekly", "days": ["THU"]},
            {"kind": "yearly", "dates": ["01-01"]},
        ]
    )

    assert reason(calendar, "2026-01-01T09:00") == "date 2026-01-01"
    assert reason(calendar, "2026-01-08T09:00") == "weekly THU"


def test_an_empty_calendar_excludes_nothing() -> None:
    assert reason(Calendar(), "2026-01-01T09:00") is None
