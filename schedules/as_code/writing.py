"""A stored schedule in the text form of the file."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from schedules.as_code import settings
from schedules.calendars import InvalidCalendar, calendar_from_list, calendar_to_list
from schedules.models import Calendar, Schedule
from schedules.recurrence import InvalidRule, rule_from_dict, rule_to_dict
from schedules.services import SETTINGS
from schedules.states import OnComplete, ScheduleState
from schedules.validation import usual_window
from workflows.duration import format_duration

FIELDS = tuple(name for name in SETTINGS if name not in {"name", "managed_by"})


@lru_cache(maxsize=1)
def _defaults() -> Mapping[str, Any]:
    return settings.defaults()


def whole(schedule: Schedule, *, calendar_names: Mapping[UUID, str]) -> dict[str, Any]:
    """Return every setting as plain JSON values, in a stable order.

    Rules are without the keys that they would have anyway.
    """
    return {name: _plain(schedule, name, calendar_names=calendar_names) for name in FIELDS}


def concise(schedule: Schedule, *, calendar_names: Mapping[UUID, str]) -> dict[str, Any]:
    """Return the settings that a file must have for `schedule`: those that are not the default."""
    usual = _defaults()
    kept = {
        name: value
        for name, value in whole(schedule, calendar_names=calendar_names).items()
        if name not in usual or value != usual[name]
    }
    if _has_usual_window(schedule):
        del kept["catchup_window"]
    return kept


def whole_calendar(calendar: Calendar) -> dict[str, Any]:
    """Return the settings of a calendar as plain JSON values."""
    return {"description": calendar.description, "entries": _ordered(calendar.entries)}


def concise_calendar(calendar: Calendar) -> dict[str, Any]:
    """Return what a file must have for `calendar`."""
    return {name: value for name, value in whole_calendar(calendar).items() if value != ""}


def _ordered(entries: Any) -> Any:
    """Return entries with their keys in the order of each kind; the database has an order of its own."""
    try:
        return calendar_to_list(calendar_from_list(entries))
    except InvalidCalendar:
        return entries


def is_enabled(schedule: Schedule) -> bool:
    """Return whether nobody has disabled a schedule; one that disabled itself at its end counts as enabled."""
    ended = schedule.on_complete == OnComplete.DISABLE and not schedule.paused_by
    return schedule.state != ScheduleState.DISABLED or ended


def _plain(schedule: Schedule, name: str, *, calendar_names: Mapping[UUID, str]) -> Any:
    if name == "workflow":
        return schedule.workflow.name
    if name == "calendars":
        return [calendar_names.get(calendar_id, str(calendar_id)) for calendar_id in schedule.calendars]
    if name == "rules":
        return [_concise_rule(rule, schedule) for rule in schedule.rules]
    value = getattr(schedule, name)
    if isinstance(value, timedelta):
        return format_duration(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _concise_rule(stored: dict[str, Any], schedule: Schedule) -> dict[str, Any]:
    """Leave out what reading would fill in, such as `day_match: or`, in the order of the rule's kind."""
    rule = _filled_in(stored, schedule) or stored
    for key in list(rule):
        shorter = {name: value for name, value in rule.items() if name != key}
        if key != "kind" and _filled_in(shorter, schedule) == stored:
            rule = shorter
    return rule


def _filled_in(rule: dict[str, Any], schedule: Schedule) -> dict[str, Any] | None:
    try:
        return rule_to_dict(rule_from_dict(rule, hash_key=str(schedule.pk), zone=schedule.timezone))
    except InvalidRule:
        return None


def _has_usual_window(schedule: Schedule) -> bool:
    try:
        return schedule.catchup_window == usual_window(schedule)
    except (InvalidRule, InvalidCalendar):
        return False
