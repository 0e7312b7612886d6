"""What is refused, and that the refusal names the field and the remedy."""

import pickle
from time import perf_counter
from typing import Any

import pytest

from schedules.calendars import InvalidCalendar, calendar_from_list

HOLIDAYS = {"kind": "holidays", "country": "DE"}
DATES = {"kind": "dates", "dates": ["2026-12-24"]}
YEARLY = {"kind": "yearly", "dates": ["12-24"]}
WEEKLY = {"kind": "weekly", "days": ["SAT"]}
INSTANTS = {"kind": "instants", "from": "2026-03-01T22:00:00+00:00", "to": "2026-03-02T02:00:00+00:00"}


@pytest.mark.parametrize(
    ("entry", "field", "words"),
    [
        ("holidays", "kind", "object whose 'kind' is one of holidays, dates, yearly, weekly, instants"),
        ({"country": "DE"}, "kind", "one of holidays"),
        ({"kind": "hollidays"}, "kind", "one of holidays"),
        ({"kind": ["dates"]}, "kind", "one of holidays"),
        (HOLIDAYS | {"subdiv": "BE"}, "subdiv", "country, subdivision, categories, language"),
        ({"kind": "holidays"}, "country", "missing; write a two-letter"),
        (HOLIDAYS | {"country": 49}, "country", "such as 'DE'"),
        (HOLIDAYS | {"country": "de"}, "country", "did you mean DE (Germany)?"),
        (HOLIDAYS | {"country": "Germny"}, "country", "did you mean DE (Germany), "),
        (HOLIDAYS | {"country": "UK"}, "country", "did you mean GB (United Kingdom)?"),
        (HOLIDAYS | {"country": "USA"}, "country", "US (United States)"),
        (HOLIDAYS | {"country": "D1"}, "country", "DE (Germany)"),
        (HOLIDAYS | {"country": "M?"}, "country", "MX (Mexico)"),
        (HOLIDAYS | {"country": "x" * 5000}, "country", "such as 'DE'"),
        (HOLIDAYS | {"subdivision": "XX"}, "subdivision", "one of BB, BE, BW"),
        (HOLIDAYS | {"subdivision": 5}, "subdivision", "one of BB, BE, BW"),
        (
            {"kind": "holidays", "country": "MC", "subdivision": "X"},
            "subdivision",
            "leave the subdivision out",
        ),
        (HOLIDAYS | {"categories": []}, "categories", "a list of 1 to"),
        (HOLIDAYS | {"categories": "public"}, "categories", "a list of 1 to"),
        (HOLIDAYS | {"categories": ["public", "bank"]}, "categories[1]", "one of catholic, public, school"),
        (HOLIDAYS | {"categories": [["public"]]}, "categories[0]", "one of catholic"),
        (HOLIDAYS | {"language": "fr"}, "language", "one of de, en_US"),
        (HOLIDAYS | {"language": ["de"]}, "language", "one of de, en_US"),
        ({"kind": "holidays", "country": "JM", "language": "en"}, "language", "leave it out"),
        ({"kind": "dates"}, "dates", "a list of 1 to 1000"),
        (DATES | {"dates": []}, "dates", "a list of 1 to 1000"),
        (DATES | {"dates": "2026-12-24"}, "dates", "a list of 1 to 1000"),
        (DATES | {"dates": ["2026-12-24"] * 1001}, "dates", "a list of 1 to 1000"),
        (DATES | {"dates": ["2026-12-24", "24.12.2026"]}, "dates[1]", "such as '2026-12-24'"),
        (DATES | {"dates": ["20261224"]}, "dates[0]", "such as '2026-12-24'"),
        (DATES | {"dates": ["\uff12026-12-24"]}, "dates[0]", "such as '2026-12-24'"),
        (DATES | {"dates": ["2026-02-29"]}, "dates[0]", "no day of the calendar"),
        (DATES | {"dates": ["1969-12-31"]}, "dates[0]", "from 1970 to 2199"),
        (DATES | {"dates": ["2200-01-01"]}, "dates[0]", "from 1970 to 2199"),
        (DATES | {"dates": [20261224]}, "dates[0]", "such as '2026-12-24'"),
        (DATES | {"dates": [{"from": "2026-12-24"}]}, "dates[0].to", "missing; write a date"),
        (DATES | {"dates": [{"from": "2026-12-24", "until": "2026-12-26"}]}, "dates[0].until", "from, to"),
        (DATES | {"dates": [{"from": "2026-12-24", "to": "2026-12-23"}]}, "dates[0].to", "is before"),
        (DATES | {"days": ["SAT"]}, "days", "only kind, dates"),
        (YEARLY | {"dates": ["2026-12-24"]}, "dates[0]", "such as '12-24'"),
        (YEARLY | {"dates": ["02-30"]}, "dates[0]", "no day of any year"),
        (YEARLY | {"dates": ["13-01"]}, "dates[0]", "no day of any year"),
        (YEARLY | {"dates": [{"from": "12-24", "to": "00-01"}]}, "dates[0].to", "no day of any year"),
        (YEARLY | {"dates": [1224]}, "dates[0]", "such as '12-24'"),
        ({"kind": "weekly"}, "days", "a list of 1 to 7"),
        (WEEKLY | {"days": ["SAT", "Sunday"]}, "days[1]", "MON, TUE, WED, THU, FRI, SAT, SUN"),
        (WEEKLY | {"days": [6]}, "days[0]", "MON, TUE"),
        (WEEKLY | {"from": "22:00"}, "to", "missing beside 'from'"),
        (WEEKLY | {"to": "22:00"}, "from", "missing beside 'to'"),
        (WEEKLY | {"from": "22:00", "to": "24:00"}, "to", "'00:00' to '23:59'"),
        (WEEKLY | {"from": "22", "to": "06:00"}, "from", "'00:00' to '23:59'"),
        (WEEKLY | {"from": "22:00+01:00", "to": "06:00"}, "from", "'00:00' to '23:59'"),
        (WEEKLY | {"from": "22:00", "to": "22:00"}, "to", "leave out both"),
        (WEEKLY | {"timezone": "UTC"}, "timezone", "kind, days, from, to"),
        (INSTANTS | {"from": "2026-03-01T22:00:00"}, "from", "needs an offset"),
        (INSTANTS | {"from": "yesterday"}, "from", "ISO 8601"),
        (INSTANTS | {"from": 1772402400}, "from", "ISO 8601"),
        (INSTANTS | {"from": "1970-01-01T00:00:00+05:00"}, "from", "from 1970 to 2199"),
        (INSTANTS | {"from": "0001-01-01T00:00:00+23:00"}, "from", "from 1970 to 2199"),
        (INSTANTS | {"to": "2026-03-01T22:00:00+00:00"}, "to", "not after 'from'"),
        (INSTANTS | {"to": None}, "to", "ISO 8601"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_field_and_the_remedy(entry: Any, field: str, words: str) -> None:
    with pytest.raises(InvalidCalendar) as refusal:
        calendar_from_list([DATES, DATES, entry])

    assert refusal.value.field == f"entries[2].{field}"
    assert words in refusal.value.problem
    assert len(str(refusal.value)) < 800


@pytest.mark.parametrize("data", [None, {}, "[]", (), [DATES] * 51])
def test_a_calendar_that_is_no_list_or_too_long_is_refused(data: object) -> None:
    with pytest.raises(InvalidCalendar, match="entries: write a list of at most 50 entries"):
        calendar_from_list(data)


def test_a_refusal_survives_the_way_between_processes() -> None:
    refusal = InvalidCalendar("entries[0].country", "write 'DE'")

    assert str(pickle.loads(pickle.dumps(refusal))) == "entries[0].country: write 'DE'"


def test_the_largest_calendar_is_read_and_asked_quickly() -> None:
    ranges = [{"from": "01-01", "to": "12-31"}, {"from": "12-31", "to": "12-30"}] * 500
    days = [{"from": "1970-01-01", "to": "2199-12-31"}] * 1000
    data = [{"kind": "yearly", "dates": ranges}, {"kind": "dates", "dates": days}] * 25

    start = perf_counter()
    calendar_from_list(data)

    assert perf_counter() - start < 3
