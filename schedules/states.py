"""The life cycle of a schedule as a table of legal moves."""

from django.db.models import TextChoices


class ScheduleState(TextChoices):
    """Whether a schedule fires."""

    ACTIVE = "active"  # fires at its times
    PAUSED = "paused"  # a person stopped it; nothing accrues
    ERROR = "error"  # could not be evaluated; says why
    COMPLETED = "completed"  # has no more times
    ARCHIVED = "archived"  # deleted by a person; kept for its history


_EDITABLE = frozenset(
    {ScheduleState.ACTIVE, ScheduleState.PAUSED, ScheduleState.COMPLETED, ScheduleState.ARCHIVED}
)

MOVES: dict[ScheduleState, frozenset[ScheduleState]] = {
    ScheduleState.ACTIVE: frozenset(
        {ScheduleState.PAUSED, ScheduleState.ERROR, ScheduleState.COMPLETED, ScheduleState.ARCHIVED}
    ),
    ScheduleState.PAUSED: frozenset({ScheduleState.ACTIVE, ScheduleState.COMPLETED, ScheduleState.ARCHIVED}),
    # An edit that gives it times again, or that mends it, makes it active.
    ScheduleState.ERROR: _EDITABLE,
    ScheduleState.COMPLETED: frozenset({ScheduleState.ACTIVE, ScheduleState.ARCHIVED}),
    ScheduleState.ARCHIVED: frozenset(),
}
