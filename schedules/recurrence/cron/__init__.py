"""Cron rules: the dialect, the calendar and the canonical form."""

from typing import Any

from schedules.recurrence import written
from schedules.recurrence.cron.days import DayMatch
from schedules.recurrence.cron.parse import parse_cron
from schedules.recurrence.cron.rule import Cron

__all__ = ["Cron", "DayMatch", "from_dict", "parse_cron", "to_dict"]


def from_dict(data: dict[str, Any], *, hash_key: str, **_: object) -> Cron:
    """Read `{"expression": str, "day_match": "or" | "and"}`; `day_match` may be left out."""
    written.only(data, "expression", "day_match")
    day_match = written.choice("day_match", data.get("day_match", DayMatch.OR), DayMatch)
    return parse_cron(data.get("expression", ""), day_match=day_match, hash_key=hash_key)


def to_dict(rule: Cron) -> dict[str, Any]:
    return {"expression": rule.text, "day_match": str(rule.day_match)}
