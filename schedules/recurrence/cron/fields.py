"""The six fields of a cron expression: bounds, names, and the values that an item stands for."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from schedules.recurrence.errors import InvalidCron

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True)
class Field:
    """One field: the values from `low` to `high`, both included.

    Attributes:
        name: as in messages and in `InvalidCron.field`.
        names: what may stand for a number, in upper case.
        end: the last value one may write; 7 in the weekday field, where it is Sunday again.
        hash_end: the last value that `H` picks; 28 in the day field, so that no month is left out.
    """

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)
    end: int = -1
    hash_end: int = -1

    def __post_init__(self) -> None:
        object.__setattr__(self, "end", max(self.end, self.high))
        object.__setattr__(self, "hash_end", self.high if self.hash_end < 0 else self.hash_end)

    @property
    def size(self) -> int:
        return self.high - self.low + 1

    def fail(self, problem: str) -> InvalidCron:
        return InvalidCron(self.name, problem)


SECOND = Field("second", 0, 59)
MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY_OF_MONTH = Field("day of month", 1, 31, hash_end=28)
MONTH = Field("month", 1, 12, names={name: n for n, name in enumerate(MONTHS, 1)})
DAY_OF_WEEK = Field("day of week", 0, 6, names={name: n for n, name in enumerate(WEEKDAYS)}, end=7)

VALUE = r"[0-9]+|[A-Z]{3}"
PLAIN = re.compile(
    rf"(?:(?P<every>\*)|(?P<hash>H)(?:\((?P<least>{VALUE})-(?P<most>{VALUE})\))?"
    rf"|(?P<first>{VALUE})(?:-(?P<last>{VALUE}))?)(?:/(?P<step>[0-9]+))?"
)


def values(item: str, where: Field, *, hash_key: str) -> list[int]:
    """Return the values that one item of a list stands for, such as `5`, `22-2/2`, `*/15` or `H`.

    A range may run past the end of the field and go on at its start; a step keeps
    counting there. `a/n` stops at the end of the field.

    Raises:
        InvalidCron: the item is malformed or out of range.
    """
    match = PLAIN.fullmatch(item)
    if match is None:
        raise where.fail(_what_is_wrong(item, where))

    step = int(match["step"] or 1)
    if step == 0:
        raise where.fail(f"the step in {shown(item)} must be 1 or more")

    span = _span(match, where)
    chosen = span[::step]
    if match["hash"]:
        # The seed is for ever: another one would move every schedule that uses H.
        chosen = _hashed(span, match["step"], seed=f"{hash_key}\0{where.name}")
    return [_in_field(n, where) for n in chosen]


def number(text: str, where: Field) -> int:
    """Return the number that `text` writes as digits or as a name."""
    if not text.isdigit():
        return _named(text, where)
    if not where.low <= int(text) <= where.end:
        raise where.fail(f"{shown(text)} is out of range; write {where.low} to {where.end}")
    return int(text)


def shown(item: str) -> str:
    return repr(item if len(item) <= 20 else item[:20] + "…")


def _span(match: re.Match[str], where: Field) -> range:
    """Return, before any step, what an item covers; past the field's end the numbers go on growing."""
    if match["every"]:
        return range(where.low, where.high + 1)
    if match["hash"] and match["least"] is None:
        return range(where.low, where.hash_end + 1)

    first = number(match["first"] or match["least"], where)
    last_text = match["last"] or match["most"]
    if last_text:
        return _range(first, number(last_text, where), where)
    return range(first, (where.end if match["step"] else first) + 1)


def _range(first: int, last: int, where: Field) -> range:
    if first <= last:
        return range(first, last + 1)
    # Sunday written as 7 opens a range as 0 does: 7-2 is Sunday to Tuesday.
    first = _in_field(first, where)
    return range(first, last + 1 if first <= last else last + where.size + 1)


def _in_field(n: int, where: Field) -> int:
    return n if n <= where.high else n - where.size


def _hashed(span: range, step: str | None, *, seed: str) -> range:
    """Pick one value of the span or, with a step, where in the first step the values begin."""
    choices = len(span) if step is None else min(int(step), len(span))
    start = int.from_bytes(hashlib.sha256(seed.encode()).digest()) % choices
    return span[start : start + 1] if step is None else span[start :: int(step)]


def _named(text: str, where: Field) -> int:
    if text in where.names:
        return where.names[text]
    if not where.names:
        raise where.fail(f"takes numbers, not names such as {shown(text)}")
    known = list(where.names)
    raise where.fail(f"{shown(text)} is not a name here; write {known[0]} to {known[-1]} or a number")


def _what_is_wrong(item: str, where: Field) -> str:
    for pattern, problem in COMMON_MISTAKES:
        if re.match(pattern, item):
            return problem.format(item=shown(item), low=where.low, end=where.end)
    return f"{shown(item)} is not understood; write a number from {where.low} to {where.end}, a-b or */n"


# The first pattern that an item begins with explains it.
COMMON_MISTAKES = (
    (r"$", "an item is empty; remove the extra comma"),
    (r"R$|R[(/]|.*~", "{item} asks for a random value, which would change; write H for one that stays"),
    (r"-|.*/-|\+", "{item} has a sign; write numbers from {low} to {end}"),
    (r".*\?", "? may only stand alone in the day of month or day of week field"),
    (r".*#", "{item} does not fit; #, as in MON#2, counts weekdays from 1 to 5 in the day of week field"),
    (
        r".*[0-9]W$|L",
        "{item} does not fit; L, L-n, LW, nW stand in the day of month, dL as in FRIL in the day of week",
    ),
    (r".*/$", "{item} lacks a number after the /"),
    (r"[A-Z]{4,}$", "{item} is not understood; names have three letters, as in JAN and MON"),
)
