"""The life cycle of a schedule as a table of legal moves."""

from django.db.models import TextChoices


class ScheduleState(TextChoices):
    """Whether a schedule fires."""

    ACTIVE = "active"  # fires at its times
    PAUSED = "paused"  # a person, or too many failures, stopped it for a while; nothing accrues
    DISABLED = "disabled"  # switched off by its author until enabled again; nothing accrues
    ERROR = "error"  # could not be evaluated; says why
    COMPLETED = "completed"  # has no more times
    ARCHIVED = "archived"  # deleted by a person; kept for its history


class OnComplete(TextChoices):
    """What becomes of a schedule that has no more times or starts."""

    KEEP = "keep"  # stays completed
    DISABLE = "disable"
    ARCHIVE = "archive"


_STOPPED = frozenset(
    {
        ScheduleState.ACTIVE,
        ScheduleState.PAUSED,
        ScheduleState.DISABLED,
        ScheduleState.COMPLETED,
        ScheduleState.ARCHIVED,
    }
)

MOVES: dict[ScheduleState, frozenset[ScheduleState]] = {
    ScheduleState.ACTIVE: frozenset(
        {
            ScheduleState.PAUSED,
            ScheduleState.DISABLED,
            ScheduleState.ERROR,
            ScheduleState.COMPLETED,
            ScheduleState.ARCHIVED,
        }
    ),
    ScheduleState.PAUSED: _STOPPED - {ScheduleState.PAUSED},
    ScheduleState.DISABLED: _STOPPED - {ScheduleState.DISABLED, ScheduleState.PAUSED},
    # An edit that gives it times again, or that mends it, makes it active.
    ScheduleState.ERROR: _STOPPED,
    ScheduleState.COMPLETED: frozenset(
        {ScheduleState.ACTIVE, ScheduleState.DISABLED, ScheduleState.ARCHIVED}
    ),
    ScheduleState.ARCHIVED: frozenset(),
}
