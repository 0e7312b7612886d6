"""Presets: the four common rhythms as a form shows them, and the cron that each one means."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from schedules.recurrence import written
from schedules.recurrence.cron import Cron, DayMatch, parse_cron
from schedules.recurrence.errors import InvalidCron, InvalidRule

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
LAST = "last"
SAMPLE, SAMPLE_DAYS = (2024, 1), 31  # a month that has 31 days and begins on a Monday

# An H stands for what the schedule's id decides, which no preset can say. THU is no H.
HASHED = re.compile(r"(?<![A-Z])H(?![A-Z])", re.IGNORECASE)


def rule_of(preset: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cron rule, as JSON, that a preset means.

    Args:
        preset: `{"preset": "hourly", "minute": 0-59}`, `{"preset": "daily", "at": "09:30"}`,
            `{"preset": "weekly", "on": ["MON", ...], "at": "09:30"}` or
            `{"preset": "monthly", "day": 1-31 or "last", "at": "09:30"}`.

    Raises:
        InvalidRule: naming the key.
    """
    name = preset.get("preset")
    if not isinstance(name, str) or name not in EXPRESSIONS:
        raise InvalidRule("preset", f"write one of {', '.join(EXPRESSIONS)}")
    keys, expression = EXPRESSIONS[name]
    written.only(preset, *keys, kind="preset")
    return {"kind": "cron", "expression": expression(preset), "day_match": "or"}


def _hourly(preset: Mapping[str, Any]) -> str:
    return f"{_number(preset, 'minute', low=0, high=59)} * * * *"


def _daily(preset: Mapping[str, Any]) -> str:
    return f"{_time_of_day(preset)} * * *"


def _weekly(preset: Mapping[str, Any]) -> str:
    on = preset.get("on")
    if not isinstance(on, list) or not on or any(day not in WEEKDAYS for day in on):
        raise InvalidRule("on", f"write a list of weekdays out of {', '.join(WEEKDAYS)}")
    return f"{_time_of_day(preset)} * * {','.join(day for day in WEEKDAYS if day in on)}"


def _monthly(preset: Mapping[str, Any]) -> str:
    day = "L" if preset.get("day") == LAST else _number(preset, "day", low=1, high=31, other=" or 'last'")
    return f"{_time_of_day(preset)} {day} * *"


# By name: the keys beside `preset`, and the cron expression that they make.
EXPRESSIONS: dict[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any]], str]]] = {
    "hourly": (("minute",), _hourly),
    "daily": (("at",), _daily),
    "weekly": (("on", "at"), _weekly),
    "monthly": (("day", "at"), _monthly),
}


def _number(preset: Mapping[str, Any], key: str, *, low: int, high: int, other: str = "") -> int:
    value = preset.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise InvalidRule(key, f"write a whole number from {low} to {high}{other}")


def _time_of_day(preset: Mapping[str, Any]) -> str:
    at = preset.get("at")
    match = TIME_OF_DAY.fullmatch(at) if isinstance(at, str) else None
    if match is None:
        raise InvalidRule("at", "write a time of day from '00:00' to '23:59', such as '09:30'")
    return f"{int(match[2])} {int(match[1])}"


def preset_of(rule: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the preset that fires at the same times as a rule's JSON, or None if none does."""
    expression = rule.get("expression")
    if rule.get("kind") != "cron" or not isinstance(expression, str) or HASHED.search(expression):
        return None
    try:
        cron = parse_cron(expression, day_match=rule.get("day_match", DayMatch.OR))
    except InvalidCron:
        return None
    meant = ((preset, parse_cron(rule_of(preset)["expression"])) for preset in _candidates(cron))
    alike = [(preset, same) for preset, same in meant if _meaning(same) == _meaning(cron)]
    # Seven weekdays are also daily: what was written so comes back so.
    written_so = (preset for preset, same in alike if same.canonical == cron.canonical)
    return next(written_so, alike[0][0] if alike else None)


def _candidates(cron: Cron) -> Iterator[dict[str, Any]]:
    """Yield the presets that one month of a rule suggests; to compile one takes far longer than to rule it out."""
    minute, hour = cron.minutes[0], cron.hours[0]
    if len(cron.hours) > 1:
        yield {"preset": "hourly", "minute": minute}
        return
    days = cron.days.in_month(*SAMPLE)
    at = f"{hour:02}:{minute:02}"
    if len(days) == SAMPLE_DAYS:
        yield {"preset": "daily", "at": at}
    if len(days) >= SAMPLE_DAYS // 7:
        on = [WEEKDAYS[n] for n in sorted({(day - 1) % 7 for day in days})]
        yield {"preset": "weekly", "on": on, "at": at}
    elif days:
        yield {"preset": "monthly", "day": days[0], "at": at}
        yield {"preset": "monthly", "day": LAST, "at": at}


def _meaning(cron: Cron) -> tuple[object, ...]:
    return cron.seconds, cron.minutes, cron.hours, cron.months, cron.days, cron.elapsed
