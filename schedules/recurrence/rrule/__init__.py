"""RRULE rules: RFC 5545 text over wall-clock times."""

from schedules.recurrence.rrule.rule import RRule, from_dict, parse_rrule, to_dict

__all__ = ["RRule", "from_dict", "parse_rrule", "to_dict"]
