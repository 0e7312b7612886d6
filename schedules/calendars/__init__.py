"""When a schedule must not fire: named calendars, as pure functions over local time."""

from schedules.calendars.calendar import (
    KINDS,
    Calendar,
    calendar_from_list,
    calendar_to_list,
    describe,
    preview,
)
from schedules.calendars.dates import Dates
from schedules.calendars.entry import Entry, ExcludedRange
from schedules.calendars.errors import InvalidCalendar
from schedules.calendars.instants import Instants
from schedules.calendars.observed import Nominal, OnExcluded, observed
from schedules.calendars.public_holidays import PublicHolidays
from schedules.calendars.shift import check_shift
from schedules.calendars.weekly import Weekly
from schedules.calendars.yearly import Yearly

__all__ = [
    "KINDS",
    "Calendar",
    "Dates",
    "Entry",
    "ExcludedRange",
    "Instants",
    "InvalidCalendar",
    "Nominal",
    "OnExcluded",
    "PublicHolidays",
    "Weekly",
    "Yearly",
    "calendar_from_list",
    "calendar_to_list",
    "check_shift",
    "describe",
    "observed",
    "preview",
]
