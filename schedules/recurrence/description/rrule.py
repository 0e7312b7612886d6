"""An RRULE in words."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from schedules.recurrence.description.phrases import (
    MONTHS,
    WEEKDAYS,
    from_end,
    listed,
    local,
    ordinal,
    plural,
    time_of_day,
)
from schedules.recurrence.rrule import RRule
from schedules.recurrence.rrule.days import DaysOfYear
from schedules.recurrence.rrule.parts import Freq
from schedules.recurrence.rrule.recurrence import Recurrence

MOST_ITEMS = 12  # of one list; more are only counted
NOUNS = {
    Freq.YEARLY: "year",
    Freq.MONTHLY: "month",
    Freq.WEEKLY: "week",
    Freq.DAILY: "day",
    Freq.HOURLY: "hour",
    Freq.MINUTELY: "minute",
}


def words(rule: RRule, *, zone: ZoneInfo) -> str:
    """Return the rule as a phrase that begins in upper case, without a full stop."""
    recurrence = rule.recurrence
    phrases = [
        _every(recurrence),
        _days(recurrence.days),
        _times(recurrence),
        _positions(recurrence),
        f"from {local(recurrence.start, zone)}",
        _end(rule, zone),
        _counted("except on", len(rule.excluded)),
        _counted("and also on", len(rule.added)),
    ]
    return ", ".join(phrase for phrase in phrases if phrase)


def _every(recurrence: Recurrence) -> str:
    noun = NOUNS[recurrence.freq]
    return f"Every {noun}" if recurrence.interval == 1 else f"Every {recurrence.interval} {noun}s"


def _days(days: DaysOfYear) -> str:
    phrases = []
    if days.weekdays:
        phrases.append(f"on {_several([_weekday(*day) for day in days.weekdays], 'weekdays')}")
    if days.month_days:
        phrases.append(f"on {_several([_place(n, 'day') for n in days.month_days], 'days')} of the month")
    if days.year_days:
        phrases.append(f"on {_several([_place(n, 'day') for n in days.year_days], 'days')} of the year")
    if days.weeks:
        phrases.append(f"in {_several([_place(n, 'week') for n in days.weeks], 'weeks')} of the year")
    if days.months and len(days.months) < len(MONTHS):
        phrases.append(f"in {listed([MONTHS[n - 1] for n in days.months])}")
    return ", ".join(phrases)


def _weekday(day: int, number: int) -> str:
    name = WEEKDAYS[(day + 1) % 7]
    if number == 0:
        return name
    return f"the {_nth(number)} {name}"


def _nth(number: int) -> str:
    return ordinal(number) if number > 0 else from_end(-number)


def _place(number: int, noun: str) -> str:
    return f"{noun} {number}" if number > 0 else f"the {from_end(-number, noun)}"


def _several(items: list[str], noun: str) -> str:
    return listed(items) if len(items) <= MOST_ITEMS else f"{len(items)} {noun}"


def _times(recurrence: Recurrence) -> str:
    offsets = recurrence.offsets
    if recurrence.freq is Freq.MINUTELY:
        return f"at {_several([f'second {offset.seconds}' for offset in offsets], 'seconds')}" + _units(
            recurrence
        )
    if recurrence.freq is Freq.HOURLY:
        return f"at {_several([_past_the_hour(offset) for offset in offsets], 'times')}" + _units(recurrence)
    return f"at {_several([time_of_day(offset) for offset in offsets], 'times of day')}"


def _past_the_hour(offset: timedelta) -> str:
    return f"minute {offset.seconds // 60}" + (f":{offset.seconds % 60:02}" if offset.seconds % 60 else "")


def _units(recurrence: Recurrence) -> str:
    """Return, if the rule names hours or minutes of the day, which or how many they are."""
    whole_day, noun = (24, "hour") if recurrence.freq is Freq.HOURLY else (24 * 60, "minute")
    step = recurrence.interval
    if len(recurrence.units) * (step if whole_day % step == 0 else 1) >= whole_day:
        return ""
    if noun == "hour":
        return f" of {_several([f'hour {n}' for n in sorted(recurrence.units)], 'hours')}"
    return f" of {len(recurrence.units)} {plural('minute', len(recurrence.units))} of the day"


def _positions(recurrence: Recurrence) -> str:
    if not recurrence.positions:
        return ""
    places = [f"the {_nth(n)}" for n in recurrence.positions]
    return f"only {_several(places, 'places')} of these in each {NOUNS[recurrence.freq]}"


def _end(rule: RRule, zone: ZoneInfo) -> str:
    if rule.count is not None:
        return f"{rule.count} {plural('time', rule.count)}"
    return "" if rule.until is None else f"until {local(rule.until, zone)}"


def _counted(lead: str, count: int) -> str:
    return f"{lead} {count} {plural('date', count)}" if count else ""
