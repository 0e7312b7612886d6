"""Why a schedule that is not active fires nothing, in words. Pure but for the row that it reads."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from schedules.models import Schedule
from schedules.recurrence.description.phrases import local
from schedules.states import ScheduleState


@dataclass(frozen=True, slots=True)
class Stop:
    """What keeps a schedule from firing.

    Attributes:
        until: when that ends by itself; None for no end.
        note: of each time, such as `paused`.
        whole: of all of them: who, why, and what ends it.
    """

    until: datetime | None
    note: str
    whole: str


def stop_of(schedule: Schedule, *, zone: ZoneInfo) -> Stop | None:
    """Return what stops a schedule, or None for an active one."""
    state = ScheduleState(schedule.state)
    if state is ScheduleState.ACTIVE:
        return None
    until = schedule.paused_until if state is ScheduleState.PAUSED else None
    if until is not None:
        note = f"paused until {local(until, zone)}"
        return Stop(until, note, f"{note}{_who(schedule)}")
    note, end = _STOPPED[state]
    return Stop(None, note, f"{note}{_who(schedule)}; {end}")


def _who(schedule: Schedule) -> str:
    if schedule.state == ScheduleState.ERROR:
        return f": {schedule.error}"
    by = f" by {schedule.paused_by}" if schedule.paused_by else ""
    return f"{by}: {schedule.pause_reason}" if schedule.pause_reason else by


# How each is said, and what ends it.
_STOPPED: dict[ScheduleState, tuple[str, str]] = {
    ScheduleState.PAUSED: ("paused", "nothing fires until it is resumed"),
    ScheduleState.DISABLED: ("disabled", "nothing fires until it is enabled"),
    ScheduleState.ERROR: ("in error", "nothing fires until it is resumed or changed"),
    ScheduleState.COMPLETED: ("completed", "nothing fires unless it is given more times or starts"),
    ScheduleState.ARCHIVED: ("archived", "it never fires again"),
}
