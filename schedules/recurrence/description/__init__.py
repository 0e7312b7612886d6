"""Rules in plain English, with a 24-hour clock; the same text on every machine."""

from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

from schedules.recurrence.after_completion import AfterCompletion
from schedules.recurrence.cron import Cron
from schedules.recurrence.dates import Dates
from schedules.recurrence.description import cron, rrule
from schedules.recurrence.description.phrases import duration, listed, local
from schedules.recurrence.interval import Basis, Interval
from schedules.recurrence.one_time import OneTime
from schedules.recurrence.rrule import RRule
from schedules.recurrence.rules import Rule
from schedules.recurrence.zones import zone_of

MOST_DATES = 3  # written out; of more only the first and the last


def describe(rule: Rule, *, zone: str | ZoneInfo) -> str:
    """Return a rule as a phrase such as `At 09:30, Monday through Friday`, without a full stop.

    Args:
        zone: of the schedule; instants are shown on its clock.

    Raises:
        InvalidZone: naming `zone`.
    """
    return WORDS[type(rule)](rule, zone=zone_of(zone))


def describe_all(rules: Iterable[Rule], *, zone: str | ZoneInfo) -> str:
    """Return several rules as one text, in their order, with `; ` between them."""
    return "; ".join(describe(rule, zone=zone) for rule in rules)


def _cron(rule: Cron, *, zone: ZoneInfo) -> str:  # noqa: ARG001 - every kind is asked alike
    return cron.words(rule)


def _interval(rule: Interval, *, zone: ZoneInfo) -> str:
    basis = " on the wall clock" if rule.basis is Basis.WALL_CLOCK else ""
    return f"Every {duration(rule.every)}{basis}, counted from {local(rule.anchor, zone)}"


def _after_completion(rule: AfterCompletion, *, zone: ZoneInfo) -> str:  # noqa: ARG001
    return f"{duration(rule.delay).capitalize()} after the end of each run"


def _one_time(rule: OneTime, *, zone: ZoneInfo) -> str:
    return f"Once, at {local(rule.at, zone)}"


def _dates(rule: Dates, *, zone: ZoneInfo) -> str:
    shown = [local(at, zone) for at in rule.dates]
    if len(shown) <= MOST_DATES:
        return f"At {listed(shown)}"
    return f"On {len(shown)} dates, from {shown[0]} to {shown[-1]}"


WORDS: dict[type, Callable[..., str]] = {
    Cron: _cron,
    Interval: _interval,
    AfterCompletion: _after_completion,
    OneTime: _one_time,
    Dates: _dates,
    RRule: rrule.words,
}
