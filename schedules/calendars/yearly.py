"""Entries of dates that come back every year."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schedules.calendars import written
from schedules.calendars.entry import WholeDays, listed
from schedules.calendars.errors import InvalidCalendar
from schedules.calendars.spans import Spans

MONTH_AND_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")
LEAP_YEAR = 2000
LAST_OF_YEAR = (12, 31)
FIRST_OF_YEAR = (1, 1)

Point = tuple[int, int]  # month and day


@dataclass(frozen=True)
class Yearly(WholeDays):
    """Excludes, every year, the days of `periods`, both ends inclusive.

    A range that ends before it starts goes on into the next year. 29 February is
    excluded in the years that have it, and stands for no other day.
    """

    periods: tuple[tuple[Point, Point], ...]
    _spans: Spans = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pieces = ((first, last, days) for days in self.periods for first, last in _within_a_year(*days))
        spans = ((_number(*first), _number(*last), _reason(*days)) for first, last, days in pieces)
        object.__setattr__(self, "_spans", Spans(spans))

    def on(self, day: date) -> str | None:
        return self._spans.label(_number(day.month, day.day))

    def describe(self) -> str:
        return "every year " + listed([_words(*days) for days in self.periods])


def from_dict(data: dict[str, Any], *, path: str) -> Yearly:
    """Read `{"dates": ["MM-DD" | {"from": "MM-DD", "to": "MM-DD"}, ...]}`."""
    written.only(data, "kind", "dates", path=path)
    return Yearly(written.spans(data.get("dates"), path=f"{path}.dates", read=_point))


def to_dict(entry: Yearly) -> dict[str, Any]:
    return {"dates": [_written(*days) for days in entry.periods]}


def _point(value: object, path: str) -> Point:
    written.present(value, path, wanted="a month and day such as '12-24'")
    if not isinstance(value, str) or not MONTH_AND_DAY.fullmatch(value):
        raise InvalidCalendar(
            path, f"{written.shown(value)} is not a month and day; write them such as '12-24'"
        )
    month, day = int(value[:2]), int(value[3:])
    try:
        date(LEAP_YEAR, month, day)
    except ValueError as error:
        raise InvalidCalendar(path, f"{value!r} is no day of any year; correct it") from error
    return month, day


def _within_a_year(first: Point, last: Point) -> Iterator[tuple[Point, Point]]:
    if first <= last:
        yield first, last
    else:
        yield first, LAST_OF_YEAR
        yield FIRST_OF_YEAR, last


def _number(month: int, day: int) -> int:
    return month * 100 + day


def _text(point: Point) -> str:
    return f"{point[0]:02}-{point[1]:02}"


def _written(first: Point, last: Point) -> str | dict[str, str]:
    return _text(first) if first == last else {"from": _text(first), "to": _text(last)}


def _words(first: Point, last: Point) -> str:
    return _text(first) if first == last else f"{_text(first)} to {_text(last)}"


def _reason(first: Point, last: Point) -> str:
    return f"yearly {_words(first, last)}"
