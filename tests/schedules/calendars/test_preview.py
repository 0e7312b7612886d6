"""What a calendar excludes, as ranges of local time."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.calendars import InvalidCalendar, calendar_from_list, preview
from tests.schedules.calendars.strategies import calendars
from tests.schedules.recurrence.oracle import instants_of

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = date(2026, 3, 6)


def ranges(*entries: dict[str, Any], from_date: date, days: int) -> list[str]:
    found = preview(calendar_from_list(list(entries)), zone=BERLIN, from_date=from_date, days=days)
    return [f"{part.start:%d %H:%M} - {part.end:%d %H:%M} {part.reason}" for part in found]


def test_days_that_meet_are_one_range() -> None:
    weekend = {"kind": "weekly", "days": ["SAT", "SUN"]}

    assert ranges(weekend, from_date=FRIDAY, days=7) == ["07 00:00 - 09 00:00 weekly SAT,SUN"]


def test_a_range_is_cut_at_the_ends_of_the_preview() -> None:
    nights = {"kind": "weekly", "days": ["THU", "FRI"], "from": "22:00", "to": "06:00"}

    assert ranges(nights, from_date=FRIDAY, days=1) == [
        "06 00:00 - 06 06:00 weekly THU,FRI 22:00-06:00",
        "06 22:00 - 07 00:00 weekly THU,FRI 22:00-06:00",
    ]


def test_ranges_of_several_entries_come_in_order_of_their_start() -> None:
    dates = {"kind": "dates", "dates": ["2026-12-27", {"from": "2026-12-23", "to": "2026-12-24"}]}
    holidays = {"kind": "holidays", "country": "DE"}

    assert ranges(dates, holidays, from_date=date(2026, 12, 20), days=10) == [
        "23 00:00 - 25 00:00 dates 2026-12-23 to 2026-12-24",
        "25 00:00 - 26 00:00 Christmas Day (holidays DE)",
        "26 00:00 - 27 00:00 Second Day of Christmas (holidays DE)",
        "27 00:00 - 28 00:00 date 2026-12-27",
    ]


def test_a_window_over_a_repeated_hour_is_shown_as_the_clock_shows_it() -> None:
    window = {"kind": "instants", "from": "2026-10-25T00:30:00+00:00", "to": "2026-10-25T01:30:00+00:00"}
    reason = "window 2026-10-25T00:30:00+00:00 to 2026-10-25T01:30:00+00:00"

    assert ranges(window, from_date=date(2026, 10, 24), days=3) == [
        f"25 02:00 - 25 02:30 {reason}",
        f"25 02:30 - 25 03:00 {reason}",
    ]


def test_a_preview_stays_small() -> None:
    entries = [{"kind": "weekly", "days": ["MON"], "from": "09:00", "to": f"10:{n:02}"} for n in range(50)]

    assert len(ranges(*entries, from_date=FRIDAY, days=366)) == 1000


@pytest.mark.parametrize(
    ("from_date", "days", "field"),
    [
        (FRIDAY, 0, "days"),
        (FRIDAY, 367, "days"),
        (date(2200, 1, 1), 1, "from_date"),
        (date(1, 1, 1), 1, "from_date"),
    ],
)
def test_a_preview_out_of_bounds_is_refused(from_date: date, days: int, field: str) -> None:
    with pytest.raises(InvalidCalendar) as refusal:
        ranges(from_date=from_date, days=days)

    assert refusal.value.field == field


@pytest.mark.parametrize("from_date", [date(1970, 1, 1), date(2199, 12, 31)])
def test_a_preview_reaches_to_the_ends_of_time(from_date: date) -> None:
    nights = {"kind": "weekly", "days": ["THU", "TUE"], "from": "22:00", "to": "06:00"}

    assert ranges(nights, from_date=from_date, days=366)


@settings(max_examples=100, deadline=None)
@given(calendar=calendars(), data=st.data())
def test_a_time_is_excluded_if_and_only_if_the_preview_covers_it(calendar: Any, data: st.DataObject) -> None:
    day = date(2026, 3, 27)  # the clock jumps two days later
    shown = preview(calendar, zone=BERLIN, from_date=day, days=4)

    wall = datetime(2026, 3, 27) + timedelta(minutes=data.draw(st.integers(0, 4 * 1440 - 1)))  # noqa: DTZ001

    for at in instants_of(wall, BERLIN):
        reasons = {part.reason for part in shown if part.start <= wall < part.end}
        assert (calendar.excludes(wall, at) or "") in (reasons or {""})
