"""Cron text to a `Cron`."""

import re
from collections.abc import Sequence

from schedules.recurrence.cron import canonical
from schedules.recurrence.cron.days import DayMatch, DaysOfMonth, DaysOfWeek, DayTable
from schedules.recurrence.cron.fields import (
    DAY_OF_MONTH,
    DAY_OF_WEEK,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    Field,
    number,
    shown,
    values,
)
from schedules.recurrence.cron.rule import Cron
from schedules.recurrence.errors import InvalidCron

LONGEST_TEXT = 256  # characters; bounds the work on a hostile text

MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

# What to write instead of words that other systems know.
REMEDIES = {
    "@every": "is not a cron; write a rule of kind 'interval' with every_seconds, or such as */5 * * * *",
    "@reboot": f"does not exist here, where nothing reboots; write one of {', '.join(MACROS)}",
}

FIELDS = (SECOND, MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK)

# Of ASCII alone: str.split would also part the fields at a no-break space or a control character.
WORD = re.compile(r"[^ \t\n\r\f\v]+")
FROM_END = re.compile(r"L(?:-([0-9]+))?")
TO_THE_END = re.compile(r"\A([0-9]+-)L(/[0-9]+)?\Z")
WORKING = re.compile(r"([0-9]+)W")
NTH = re.compile(r"([0-9]+|[A-Z]{3})#([0-9]+)")
LAST = re.compile(r"([0-9]+|[A-Z]{3})L")


def parse_cron(text: str, *, day_match: str = DayMatch.OR, hash_key: str = "") -> Cron:
    """Return the rule that a cron expression means.

    Five fields, six with seconds first, or a macro such as `@daily`; the dialect
    is that of the documentation's page on cron.

    Args:
        text: at most 256 characters; kept as typed.
        day_match: `or` or `and`, see `DayMatch`.
        hash_key: id of the schedule; decides the values of `H`, the same in every process.

    Raises:
        InvalidCron: malformed, out of range, or it never fires; names the field.
    """
    if day_match not in list(DayMatch):
        raise InvalidCron("day_match", "write 'or' or 'and'")
    fields = _split(text)
    second, minute, hour = (
        _numbers(item, where, hash_key)
        for item, where in zip(fields[:3], (SECOND, MINUTE, HOUR), strict=True)
    )
    monthly = _days_of_month(fields[3], hash_key)
    months = _numbers(fields[4], MONTH, hash_key)
    weekly = _days_of_week(fields[5], hash_key)

    days = DayTable.of(monthly, weekly, match=DayMatch(day_match))
    _require_a_day(days, months, monthly)
    return Cron(
        text=text,
        day_match=DayMatch(day_match),
        seconds=second,
        minutes=minute,
        hours=hour,
        months=months,
        days=days,
        elapsed=any(field.startswith("*") for field in fields[:3]),
        canonical=_canonical(fields, (second, minute, hour, months), monthly, weekly),
    )


def _split(text: object) -> list[str]:
    """Return the six fields in upper case, seconds first."""
    if not isinstance(text, str):
        raise InvalidCron("expression", "write a text such as '0 9 * * MON-FRI'")
    if len(text) > LONGEST_TEXT:
        raise InvalidCron("expression", f"has {len(text)} characters; at most {LONGEST_TEXT} are allowed")

    words = WORD.findall(text)
    _require_ascii(words)
    words = _expand([word.upper() for word in words])
    fields = words if len(words) == 6 else ["0", *words]
    if len(fields) != 6:
        raise InvalidCron(
            "expression",
            f"has {len(words)} fields; write 5 (minute, hour, day of month, month, day of week)"
            " or 6 with the second first; there is no field for the year",
        )
    return fields


def _require_ascii(words: list[str]) -> None:
    """Refuse other alphabets before upper(), which would turn some of their letters into ours."""
    strange = [number for number, word in enumerate(words) if not word.isascii()]
    if strange:
        names = [field.name for field in FIELDS[-len(words) :]]
        name = names[strange[0]] if len(words) in {5, 6} else "expression"
        raise InvalidCron(name, "has characters that are not ASCII; write digits, letters and * , - / only")


def _expand(words: list[str]) -> list[str]:
    """Return the words that a macro stands for, or else the words themselves."""
    if not words:
        raise InvalidCron("expression", "is empty; write a text such as '0 9 * * MON-FRI'")
    if words[0].startswith(("TZ=", "CRON_TZ=")):
        raise InvalidCron("expression", "names a zone; remove it and set the zone of the schedule instead")
    if not words[0].startswith("@"):
        return words
    name = " ".join(words).lower()
    if name in MACROS:
        return MACROS[name].split()
    remedy = REMEDIES.get(words[0].lower(), f"is not known; write one of {', '.join(MACROS)}")
    raise InvalidCron("expression", f"{shown(name)} {remedy}")


def _numbers(text: str, where: Field, hash_key: str) -> tuple[int, ...]:
    found = {n for item in text.split(",") for n in values(item, where, hash_key=hash_key)}
    return tuple(sorted(found))


def _days_of_month(text: str, hash_key: str) -> DaysOfMonth:
    where = DAY_OF_MONTH
    if text == "?":
        text = "*"
    # The grammar's own word for the 31st at the end of a range; days that a month lacks do not run.
    items = [TO_THE_END.sub(r"\g<1>31\2", item) for item in text.split(",")]
    from_end = [match for item in items if (match := FROM_END.fullmatch(item))]
    working = [match for item in items if (match := WORKING.fullmatch(item))]
    special = {match[0] for match in (*from_end, *working)} | {"LW"}
    return DaysOfMonth(
        plain=frozenset(
            n for item in items if item not in special for n in values(item, where, hash_key=hash_key)
        ),
        working=frozenset(number(match[1], where) for match in working),
        from_end=frozenset(_back(match[1]) for match in from_end),
        last_working="LW" in items,
        unrestricted=text.startswith("*"),
    )


def _back(text: str | None) -> int:
    back = int(text or 0)
    if back >= DAY_OF_MONTH.high:
        raise DAY_OF_MONTH.fail(f"{shown(f'L-{back}')} lies before every month; write L-1 to L-30")
    return back


def _days_of_week(text: str, hash_key: str) -> DaysOfWeek:
    where = DAY_OF_WEEK
    if text == "?":
        text = "*"
    items = text.split(",")
    nth = [match for item in items if (match := NTH.fullmatch(item))]
    last = [match for item in items if (match := LAST.fullmatch(item))]
    special = {match[0] for match in (*nth, *last)}
    return DaysOfWeek(
        plain=frozenset(
            n for item in items if item not in special for n in values(item, where, hash_key=hash_key)
        ),
        nth=frozenset((number(match[1], where) % 7, _count(match)) for match in nth),
        last=frozenset(number(match[1], where) % 7 for match in last),
        unrestricted=text.startswith("*"),
    )


def _count(match: re.Match[str]) -> int:
    count = int(match[2])
    if not 1 <= count <= 5:
        raise DAY_OF_WEEK.fail(f"{shown(match[0])} does not count from 1 to 5, the weekdays of a month")
    return count


def _require_a_day(days: DayTable, months: Sequence[int], monthly: DaysOfMonth) -> None:
    if any(days.ever_in(month) for month in months):
        return
    alone = DayTable.of(monthly, DaysOfWeek(plain=frozenset(range(7))), match=DayMatch.AND)
    if any(alone.ever_in(month) for month in months):
        raise DAY_OF_WEEK.fail("never fires: no such weekday falls on the days and months given")
    raise DAY_OF_MONTH.fail("never fires: the months given have no such day")


def _canonical(
    fields: Sequence[str], numbers: Sequence[tuple[int, ...]], monthly: DaysOfMonth, weekly: DaysOfWeek
) -> str:
    steps = [_starred_step(field) for field in fields]
    second, minute, hour, months = (
        canonical.plain(where, found, starred_step=step)
        for where, found, step in zip(
            (SECOND, MINUTE, HOUR, MONTH), numbers, (*steps[:3], steps[4]), strict=True
        )
    )
    written = [
        minute,
        hour,
        canonical.days_of_month(DAY_OF_MONTH, monthly, starred_step=steps[3]),
        months,
        canonical.days_of_week(DAY_OF_WEEK, weekly, starred_step=steps[5]),
    ]
    return " ".join(written if second == "0" else [second, *written])


def _starred_step(field: str) -> int:
    """Return n for a field that begins with `*/n`, 1 for one that begins with `*` or `?`, otherwise 0."""
    if not field.startswith(("*", "?")):
        return 0
    return int(field.split(",", maxsplit=1)[0].partition("/")[2] or 1)
