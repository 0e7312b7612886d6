"""The parts of an RRULE value, such as `FREQ=WEEKLY;BYDAY=MO,FR`, read strictly."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from schedules.recurrence.errors import InvalidRule
from schedules.recurrence.rrule.days import WEEKDAYS_IN_MONTH, WEEKDAYS_IN_YEAR
from schedules.recurrence.rrule.lines import KEY, moment

LONGEST_INTERVAL = 10_000
MOST_RUNS = 3_660  # ten years of days; COUNT is counted out when the rule is read, in about 10 ms

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKDAY = re.compile(rf"([+-]?[0-9]{{1,2}})?({'|'.join(WEEKDAYS)})")
NUMBER = re.compile(r"[+-]?[0-9]{1,5}")

# What a part may hold: least and most, and whether a sign counts from the end.
LISTS: dict[str, tuple[int, int, bool]] = {
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSECOND": (0, 59, False),
    "BYSETPOS": (1, 366, True),
}
PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST", *LISTS)


class Freq(StrEnum):
    YEARLY = "YEARLY"
    MONTHLY = "MONTHLY"
    WEEKLY = "WEEKLY"
    DAILY = "DAILY"
    HOURLY = "HOURLY"
    MINUTELY = "MINUTELY"


@dataclass(frozen=True)
class Parts:
    """What is written; nothing given is empty or None.

    Attributes:
        until: on the wall clock, or an instant if aware; a day without a time is included as a whole.
        weekdays: (weekday, n), Monday is 0; n is 0 for every such weekday.
        week_start: WKST; Monday is 0.
        lists: the numbers of each part in `LISTS`, in order.
    """

    freq: Freq
    interval: int
    count: int | None
    until: datetime | None
    weekdays: tuple[tuple[int, int], ...]
    week_start: int
    lists: dict[str, tuple[int, ...]]


def parse(text: str) -> Parts:
    """Read the value of an RRULE.

    Raises:
        InvalidRule: naming `rrule`, its message the part.
    """
    parts = _split(text)
    freq = _freq(parts)
    return Parts(
        freq=freq,
        interval=_number(parts, "INTERVAL", most=LONGEST_INTERVAL) or 1,
        count=_count(parts),
        until=_until(parts),
        weekdays=_weekdays(parts, freq),
        week_start=_week_start(parts),
        lists={name: _numbers(parts, name) for name in LISTS},
    )


def refusal(problem: str) -> InvalidRule:
    return InvalidRule(KEY, problem)


def _split(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.upper().strip(";").split(";"):
        name, _, value = part.partition("=")
        if name not in PARTS:
            raise refusal(f"{name[:20]!r} is not a part of an RRULE; it has {', '.join(PARTS)}")
        if name in parts:
            raise refusal(f"{name} stands twice; write it once, with a list of values")
        parts[name] = value
    return parts


def _freq(parts: dict[str, str]) -> Freq:
    value = parts.get("FREQ")
    if value == "SECONDLY":
        raise refusal("FREQ=SECONDLY is not supported; write an interval rule with every_seconds instead")
    if value not in list(Freq):
        raise refusal(f"FREQ: write FREQ={', '.join(Freq)}")
    return Freq(value)


def _number(parts: dict[str, str], name: str, *, most: int) -> int | None:
    if name not in parts:
        return None
    text = parts[name]
    if not NUMBER.fullmatch(text) or not 1 <= int(text) <= most:
        raise refusal(f"{name}: write a whole number from 1 to {most}")
    return int(text)


def _count(parts: dict[str, str]) -> int | None:
    if "COUNT" in parts and "UNTIL" in parts:
        raise refusal("COUNT and UNTIL cannot stand together; keep the one that you mean")
    return _number(parts, "COUNT", most=MOST_RUNS)


def _until(parts: dict[str, str]) -> datetime | None:
    """Return the end; a day without a time is included as a whole."""
    if "UNTIL" not in parts:
        return None
    at, whole_day = moment("UNTIL", parts["UNTIL"])
    return at + timedelta(days=1) - timedelta.resolution if whole_day else at


def _numbers(parts: dict[str, str], name: str) -> tuple[int, ...]:
    if name not in parts:
        return ()
    low, high, signed = LISTS[name]
    items = parts[name].split(",")
    within = range(low, high + 1)
    if not all(
        NUMBER.fullmatch(item) and (abs(int(item)) if signed else int(item)) in within for item in items
    ):
        also = f", or -{high} to -{low} from the end" if signed else ""
        raise refusal(f"{name}: write numbers from {low} to {high}{also}, with commas between them")
    return tuple(sorted({int(item) for item in items}))


def _weekdays(parts: dict[str, str], freq: Freq) -> tuple[tuple[int, int], ...]:
    if "BYDAY" not in parts:
        return ()
    found = [WEEKDAY.fullmatch(item) for item in parts["BYDAY"].split(",")]
    most = WEEKDAYS_IN_MONTH if freq is Freq.MONTHLY or "BYMONTH" in parts else WEEKDAYS_IN_YEAR
    days = []
    for match in found:
        if match is None or (match[1] and not 1 <= abs(int(match[1])) <= most):
            raise refusal(f"BYDAY: write days such as MO,FR or, counted up to {most}, 2MO and -1FR")
        days.append((WEEKDAYS.index(match[2]), int(match[1] or 0)))
    if any(n for _, n in days) and (freq not in {Freq.YEARLY, Freq.MONTHLY} or "BYWEEKNO" in parts):
        raise refusal(
            "BYDAY: a day with a number, such as 2MO, needs FREQ=MONTHLY or YEARLY without BYWEEKNO"
        )
    return tuple(sorted(set(days)))


def _week_start(parts: dict[str, str]) -> int:
    value = parts.get("WKST", WEEKDAYS[0])
    if value not in WEEKDAYS:
        raise refusal(f"WKST: write one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(value)
