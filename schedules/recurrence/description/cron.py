"""A cron in words, from its canonical form: names and hashes are numbers there."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import product

from cron_descriptor import ExpressionDescriptor, Options

from schedules.recurrence.cron import Cron, DayMatch
from schedules.recurrence.description.phrases import MONTHS, WEEKDAYS, from_end, listed, ordinal, plural

MOST_TIMES = 6  # written out one by one; more read better as fields

ITEM = re.compile(r"(?:\*|(?P<first>\d+)(?:-(?P<last>\d+))?)(?:/(?P<step>\d+))?")

# What the library says rightly in our dialect. It errs where a step does not divide its field, on
# ranges of hours, on lists of special days, and on the rule that joins the two day fields.
SIMPLE_DAYS = r"(?:(?:\d+(?:,\d+)*|\*) \S+ \*|\* \S+ (?:\d(?:[,-]\d)*|\*)|L \S+ \*|\* \S+ \d(?:#\d|L))"
SIMPLE = re.compile(
    rf"(?:\d+ \d+ {SIMPLE_DAYS}|(?:\* \*|(?:\*/(?:2|3|4|5|6|10|12|15|20|30)|\d+) \*|0 \*/(?:2|3|4|6|8|12)) \* \S+ \*)"
)
SIMPLE_MONTHS = re.compile(r"\*|\d+(?:,\d+)*|\d+-\d+")


def words(cron: Cron) -> str:
    """Return the rule as a phrase that begins in upper case, without a full stop."""
    if SIMPLE.fullmatch(cron.canonical) and SIMPLE_MONTHS.fullmatch(cron.canonical.split()[3]):
        return _described(cron.canonical)
    fields = cron.canonical.split()
    day, month, weekday = fields[-3:]
    phrases = [_time(cron, fields[:-3]), _days(day, weekday, both=cron.day_match is DayMatch.AND)]
    if month != "*":
        phrases.append(f"in {_months(cron, month)}")
    text = ", ".join(phrase for phrase in phrases if phrase)
    return text[0].upper() + text[1:]


def _described(canonical: str) -> str:
    return str(ExpressionDescriptor(canonical, _options()).get_description())


@cache
def _options() -> Options:
    """Return settings that do not depend on where the process runs."""
    options = Options()
    options.locale_code = "en_US"
    options.use_24hour_time_format = True
    return options


def _time(cron: Cron, fields: Sequence[str]) -> str:
    second, minute, hour = fields if len(fields) == 3 else ("0", *fields)
    times = list(product(cron.hours, cron.minutes, cron.seconds))[: MOST_TIMES + 1]
    if len(times) <= MOST_TIMES and not cron.elapsed:
        return f"at {listed([_clock(*time[:2], second=time[2]) for time in times])}"
    units = [(second, "second"), (minute, "minute"), (hour, "hour")]
    if second == "0":
        del units[0]
    # What is open needs no word behind a smaller unit that comes evenly.
    while len(units) > 1 and units[-1][0] == "*" and _is_even(units[-2][0]):
        del units[-1]
    text = " of ".join([_every(*units[0]), *(_unit(field, noun) for field, noun in units[1:])])
    return text if text.startswith("every") else f"at {text}"


def _clock(hour: int, minute: int, *, second: int) -> str:
    return f"{hour:02}:{minute:02}" + (f":{second:02}" if second else "")


def _every(field: str, noun: str) -> str:
    """Return `every 5 minutes` where that is so across the hour, else as `_unit`."""
    step = field.removeprefix("*/")
    if step != field and noun != "hour" and _is_even(field):
        return f"every {step} {noun}s"
    return _unit(field, noun)


def _is_even(field: str) -> bool:
    """Return whether seconds or minutes come evenly, also from one hour to the next."""
    step = field.removeprefix("*/")
    return field == "*" or (step != field and step.isdigit() and 60 % int(step) == 0)


def _unit(field: str, noun: str) -> str:
    return _items(field, noun, low=0, show=str, named=True)


def _items(field: str, noun: str, *, low: int, show: Callable[[int], str], named: bool = False) -> str:
    """Return a field in words, such as `minutes 5 and 10 through 20`.

    Args:
        show: says one number.
        named: the numbers need the noun before them.
    """
    matches = [match for item in field.split(",") if (match := ITEM.fullmatch(item))]
    steps = [
        _step(match, noun, low=low, show=show) for match in matches if match["step"] or not match["first"]
    ]
    plain = [match for match in matches if match["first"] and not match["step"]]
    values = listed([" through ".join(show(int(n)) for n in match.group(1, 2) if n) for match in plain])
    if not values:
        return listed(steps)
    several = len(plain) > 1 or plain[0]["last"] is not None
    return listed([*steps, f"{plural(noun, 2 if several else 1)} {values}" if named else values])


def _step(match: re.Match[str], noun: str, *, low: int, show: Callable[[int], str]) -> str:
    if match["step"] is None:
        return f"every {noun}"
    start = f"from {show(int(match['first'] or low))}"
    end = f" through {show(int(match['last']))}" if match["last"] else ""
    return f"every {ordinal(int(match['step']))} {noun} {start}{end}"


def _days(day: str, weekday: str, *, both: bool) -> str:
    monthly = "" if day == "*" else f"on {_month_days(day)} of the month"
    weekly = "" if weekday == "*" else f"on {_weekdays(weekday)}"
    if not monthly or not weekly:
        return monthly or weekly
    if both or day.startswith("*") or weekday.startswith("*"):
        return f"{monthly}, but only {weekly}"
    return f"{monthly} or {weekly}"


def _month_days(field: str) -> str:
    special = [(item, _special_day(item)) for item in field.split(",")]
    plain = ",".join(item for item, phrase in special if not phrase)
    phrases = [_items(plain, "day", low=1, show=str, named=True)] if plain else []
    return listed([*phrases, *(phrase for _, phrase in special if phrase)])


def _special_day(item: str) -> str:
    if item == "LW":
        return "the last working day"
    if item.endswith("W"):
        return f"the working day nearest to day {item[:-1]}"
    if item.startswith("L"):
        return f"the {from_end(int(item[2:] or 0) + 1, 'day')}"
    return ""


def _weekdays(field: str) -> str:
    special = [(item, _special_weekday(item)) for item in field.split(",")]
    plain = ",".join(item for item, phrase in special if not phrase)
    phrases = [_items(plain, "weekday", low=0, show=_weekday)] if plain else []
    return listed([*phrases, *(phrase for _, phrase in special if phrase)], last="or")


def _special_weekday(item: str) -> str:
    if item.endswith("L"):
        return f"the last {_weekday(int(item[:-1]))} of the month"
    weekday, _, count = item.partition("#")
    return f"the {ordinal(int(count))} {_weekday(int(weekday))} of the month" if count else ""


def _weekday(number: int) -> str:
    return WEEKDAYS[number % 7]


def _months(cron: Cron, field: str) -> str:
    if "/" in field:
        return listed([_month(n) for n in cron.months])
    return _items(field, "month", low=1, show=_month)


def _month(number: int) -> str:
    return MONTHS[number - 1]
