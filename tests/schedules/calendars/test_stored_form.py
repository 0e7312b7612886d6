"""Calendars as the JSON that is stored, and as the sentence that describes them."""

import json
from typing import Any

import pytest

from schedules.calendars import calendar_from_list, calendar_to_list, describe

WRITTEN = [
    {"kind": "holidays", "country": "DE"},
    {"kind": "holidays", "country": "DE", "subdivision": "BE"},
    {
        "kind": "holidays",
        "country": "GB",
        "subdivision": "SCT",
        "categories": ["public"],
        "language": "en_GB",
    },
    {"kind": "dates", "dates": ["2026-12-24", {"from": "2026-12-27", "to": "2027-01-02"}, "2026-05-01"]},
    {"kind": "yearly", "dates": ["12-24", {"from": "12-27", "to": "01-02"}, "02-29"]},
    {"kind": "weekly", "days": ["SAT", "SUN"]},
    {"kind": "weekly", "days": ["FRI"], "from": "22:00", "to": "06:00"},
    {"kind": "weekly", "days": ["FRI"], "from": "22:00:30", "to": "00:00"},
    {"kind": "instants", "from": "2026-03-01T22:00:00+00:00", "to": "2026-03-02T02:00:00+00:00"},
]


@pytest.mark.parametrize("entry", WRITTEN)
def test_an_entry_comes_back_as_it_was_stored(entry: dict[str, Any]) -> None:
    calendar = calendar_from_list(json.loads(json.dumps([entry])))

    assert calendar_to_list(calendar) == [entry]
    assert calendar_from_list(calendar_to_list(calendar)) == calendar


def test_a_calendar_keeps_its_entries_in_order() -> None:
    assert calendar_to_list(calendar_from_list(WRITTEN)) == WRITTEN


def test_a_calendar_may_be_empty() -> None:
    assert calendar_to_list(calendar_from_list([])) == []


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (
            {"kind": "holidays", "country": "DE", "subdivision": "Berlin", "language": None},
            {"kind": "holidays", "country": "DE", "subdivision": "BE"},
        ),
        (
            {"kind": "dates", "dates": [{"from": "2026-12-24", "to": "2026-12-24"}]},
            {"kind": "dates", "dates": ["2026-12-24"]},
        ),
        (
            {"kind": "weekly", "days": ["SUN", "SAT", "SUN"], "from": "08:00:00", "to": "09:30"},
            {"kind": "weekly", "days": ["SAT", "SUN"], "from": "08:00", "to": "09:30"},
        ),
        (
            {"kind": "instants", "from": "2026-03-01T22:00:00+01:00", "to": "2026-03-02T02:00:00-05:00"},
            {"kind": "instants", "from": "2026-03-01T21:00:00+00:00", "to": "2026-03-02T07:00:00+00:00"},
        ),
    ],
)
def test_an_entry_is_stored_in_one_spelling(typed: dict[str, Any], stored: dict[str, Any]) -> None:
    assert calendar_to_list(calendar_from_list([typed])) == [stored]


def test_a_description_names_what_is_excluded() -> None:
    calendar = calendar_from_list([WRITTEN[1], *WRITTEN[3:7], WRITTEN[8]])

    assert describe(calendar) == (
        "Excludes public holidays of DE-BE; "
        "2026-12-24, 2026-12-27 to 2027-01-02, 2026-05-01; "
        "every year 12-24, 12-27 to 01-02, 02-29; "
        "SAT,SUN; "
        "FRI 22:00-06:00; "
        "from 2026-03-01T22:00:00+00:00 to 2026-03-02T02:00:00+00:00."
    )


def test_a_description_counts_what_would_be_too_long() -> None:
    calendar = calendar_from_list([{"kind": "dates", "dates": [f"2026-01-{day:02}" for day in range(1, 31)]}])

    assert describe(calendar).endswith("2026-01-05 and 25 more.")


def test_an_empty_calendar_is_described_as_such() -> None:
    assert describe(calendar_from_list([])) == "Excludes nothing."
