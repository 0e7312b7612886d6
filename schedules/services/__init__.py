"""What people and programs may do to schedules and calendars: one function, one transaction."""

from schedules.models import SETTINGS
from schedules.services.calendars import affected, change_calendar, create_calendar, delete_calendar
from schedules.services.editing import change, create, rollback
from schedules.services.runs import next_fires, skip, trigger, unskip
from schedules.services.standing import archive, disable, pause, purge, resume, resume_due

__all__ = [
    "SETTINGS",
    "affected",
    "archive",
    "change",
    "change_calendar",
    "create",
    "create_calendar",
    "delete_calendar",
    "disable",
    "next_fires",
    "pause",
    "purge",
    "resume",
    "resume_due",
    "rollback",
    "skip",
    "trigger",
    "unskip",
]
