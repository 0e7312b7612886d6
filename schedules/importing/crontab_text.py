"""A Celery crontab as a cron expression of ours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schedules.importing.celery_times import Crontab
from schedules.recurrence import Cron, DayMatch, InvalidCron, parse_cron

# The five fields of an expression in order, each as Celery calls it, with its least and greatest value.
FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day_of_month", 1, 31),
    ("month_of_year", 1, 12),
    ("day_of_week", 0, 6),
)


@dataclass(frozen=True)
class Expression:
    """A cron expression.

    Attributes:
        both_days: both day fields are restricted, so `day_match` decides.
        elapsed: it follows real time through a change of the clock.
    """

    text: str
    both_days: bool
    elapsed: bool

    def rule(self) -> dict[str, str]:
        """Return the JSON of the rule; Celery fires where both day fields match."""
        day_match = {"day_match": str(DayMatch.AND)} if self.both_days else {}
        return {"kind": "cron", "expression": self.text, **day_match}


def expression_of(schedule: Crontab) -> Expression:
    """Return the expression that means what Celery means by `schedule`, in its author's words where they fit."""
    minute, hour, day_of_week, day_of_month, month_of_year = schedule.__reduce__()[1][:5]
    typed = (minute, hour, day_of_month, month_of_year, day_of_week)
    fields = [
        _field(position, text, values=getattr(schedule, name))
        for position, (text, (name, _, _)) in enumerate(zip(typed, FIELDS, strict=True))
    ]
    return Expression(
        text=" ".join(fields),
        both_days=not any(fields[position].startswith("*") for position in (2, 4)),
        elapsed=any(field.startswith("*") for field in fields[:2]),
    )


def _field(position: int, typed: object, *, values: Iterable[int]) -> str:
    numbers = _numbers(position, values)
    text = "".join(typed.split()) if isinstance(typed, str) else ""
    return text if text and _alone(position, text) == _alone(position, numbers) else numbers


def _numbers(position: int, values: Iterable[int]) -> str:
    _, low, high = FIELDS[position]
    found = sorted(values)
    return "*" if len(found) == high - low + 1 else ",".join(str(value) for value in found)


def _alone(position: int, text: str) -> tuple[object, ...] | None:
    """Return what a field means, apart from whether it begins with `*`; None if it cannot be read."""
    fields = ["*"] * len(FIELDS)
    fields[position] = text
    try:
        rule = parse_cron(" ".join(fields))
    except InvalidCron:
        return None
    return _meaning(rule)


def _meaning(rule: Cron) -> tuple[Sequence[int] | object, ...]:
    return rule.minutes, rule.hours, rule.months, rule.days
