"""Why a nominal time was not started."""

from enum import StrEnum


class Reason(StrEnum):
    """What stopped a nominal time. Stored and shown; never renamed."""

    MISFIRE = "misfire"  # reached later than the catch-up window, mode or start deadline allows
    CALENDAR = "calendar"  # excluded by a calendar; `detail` says which, and where it was moved
    OVERLAP = "overlap"  # another run of the schedule was active
    BUFFER_FULL = (
        "buffer_full"  # too many starts were waiting, of the schedule or for a limit of the workflow
    )
    LIMIT = "limit"  # the schedule had made all the starts it may, or a limit of the workflow refused it
    REQUESTED = "requested"  # a person asked for this one to be left out
    PAUSED = "paused"  # the schedule was paused
    DISABLED = "disabled"  # the schedule was switched off
    ERROR = "error"  # the schedule could not be evaluated or started; `detail` says why
    EDITED = "edited"  # was due and not started yet when the rules changed
    ARCHIVED = "archived"  # was due and not started yet when the schedule was archived
