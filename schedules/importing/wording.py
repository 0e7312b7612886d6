"""A schedule's rule and settings in a few words."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from schedules.models import Schedule
from schedules.recurrence import DayMatch, rule_from_dict
from schedules.recurrence.description import describe_all
from workflows.duration import format_duration


def in_words(schedule: Schedule) -> str:
    """Return the rule as it is written, its zone, and what it means."""
    rules = [
        rule_from_dict(
            data, hash_key=str(schedule.pk), zone=schedule.timezone, created_at=schedule.created_at
        )
        for data in schedule.rules
    ]
    written = "; ".join(_written(data) for data in schedule.rules)
    return f"{written} in {schedule.timezone}: {describe_all(rules, zone=schedule.timezone)}"


def _written(data: dict[str, Any]) -> str:
    match data["kind"]:
        case "cron":
            both = " (day_match and)" if data["day_match"] == DayMatch.AND else ""
            return f"{data['expression']}{both}"
        case "dates":
            return f"{len(data['dates'])} dates"
    return str(data["kind"])


def local_time(at: datetime, *, zone: ZoneInfo) -> str:
    """Return an instant as the clock of `zone` shows it, with its offset where the zone's name is a number."""
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}"


def setting(value: object) -> str:
    """Return the value of a setting as a person writes it."""
    if isinstance(value, timedelta):
        return format_duration(value)
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
