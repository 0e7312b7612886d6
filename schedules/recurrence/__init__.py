"""When a schedule fires: rules, zones and daylight saving, as pure functions."""

from schedules.recurrence.cron import Cron, DayMatch, parse_cron
from schedules.recurrence.daylight import Gap, Overlap
from schedules.recurrence.errors import InvalidCron, InvalidRule, InvalidZone
from schedules.recurrence.interval import Basis, Interval
from schedules.recurrence.one_time import OneTime
from schedules.recurrence.rules import KINDS, Rule, fires, next_fire, rule_from_dict, rule_to_dict, union
from schedules.recurrence.zones import zone_named

__all__ = [
    "KINDS",
    "Basis",
    "Cron",
    "DayMatch",
    "Gap",
    "Interval",
    "InvalidCron",
    "InvalidRule",
    "InvalidZone",
    "OneTime",
    "Overlap",
    "Rule",
    "fires",
    "next_fire",
    "parse_cron",
    "rule_from_dict",
    "rule_to_dict",
    "union",
    "zone_named",
]
