"""When a schedule fires: rules, zones and daylight saving, as pure functions."""

from schedules.recurrence.after_completion import AfterCompletion
from schedules.recurrence.caution import Caution, cautions
from schedules.recurrence.cron import Cron, DayMatch, parse_cron
from schedules.recurrence.dates import Dates
from schedules.recurrence.daylight import Gap, Overlap
from schedules.recurrence.description import describe, describe_all
from schedules.recurrence.errors import InvalidCron, InvalidRule, InvalidZone
from schedules.recurrence.interval import Basis, Interval
from schedules.recurrence.one_time import OneTime
from schedules.recurrence.presets import preset_of, rule_of
from schedules.recurrence.rrule import RRule, parse_rrule
from schedules.recurrence.rules import KINDS, Rule, fires, next_fire, rule_from_dict, rule_to_dict, union
from schedules.recurrence.zones import zone_named

__all__ = [
    "KINDS",
    "AfterCompletion",
    "Basis",
    "Caution",
    "Cron",
    "Dates",
    "DayMatch",
    "Gap",
    "Interval",
    "InvalidCron",
    "InvalidRule",
    "InvalidZone",
    "OneTime",
    "Overlap",
    "RRule",
    "Rule",
    "cautions",
    "describe",
    "describe_all",
    "fires",
    "next_fire",
    "parse_cron",
    "parse_rrule",
    "preset_of",
    "rule_from_dict",
    "rule_of",
    "rule_to_dict",
    "union",
    "zone_named",
]
