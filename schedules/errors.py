"""What can go wrong with a schedule."""

from workflows.errors import Invalid


class ScheduleError(Exception):
    """Base of what callers of `schedules.services` may meet."""


class InvalidSchedule(Invalid):
    """Fields that the author must correct; `errors` has `{"path": "rules[0].expression", "message": "…"}`."""


class DuplicateSchedule(ScheduleError):
    """The organization already has a schedule of this name; choose another or change that one."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is already a schedule called {name!r}")


class IllegalScheduleMove(ScheduleError):
    """The schedule's state does not allow it; the message says what to do instead."""

    def __init__(self, *, state: str, to: str) -> None:
        super().__init__(f"the schedule is {_in(state)}; {_instead(state=state, to=to)}")


_INSTEAD = {  # by where the schedule was to go, and from where; "" for any other state
    ("purged", ""): "archive it first, then purge it",
    ("active", "active"): "it fires already, so there is nothing to resume",
    ("active", "completed"): "it has no more times; change its rules or end, and it is active again",
    ("paused", "disabled"): "it starts nothing until it is enabled, so there is nothing to pause",
    ("paused", "completed"): "it has no more times, so there is nothing to pause",
    ("disabled", "disabled"): "it stays so until it is enabled",
    ("skipped once", "paused"): "it starts nothing; resume it, then leave a time out",
    ("skipped once", "disabled"): "it starts nothing; enable it, then leave a time out",
    ("skipped once", "error"): "it starts nothing; mend it by an edit or resume it, then leave a time out",
    ("skipped once", "completed"): "it has no more times, so there is none to leave out",
}


def _in(state: str) -> str:
    return "in error" if state == "error" else state


def _instead(*, state: str, to: str) -> str:
    if state == "archived":
        return "nothing starts or changes it any more; create a new one, its name is free"
    return _INSTEAD.get((to, state)) or _INSTEAD.get((to, "")) or f"it cannot become {to}; read it again"


class StaleSchedule(ScheduleError):
    """Somebody changed the schedule since the caller read it; read it again and repeat the change."""

    def __init__(self, *, based_on: int, version: int) -> None:
        super().__init__(f"the schedule is at version {version}; the change was based on {based_on}")


class StaleCalendar(StaleSchedule):
    """Somebody changed the calendar since the caller read it; read it again and repeat the change."""

    def __init__(self, name: str, *, based_on: int, version: int) -> None:
        Exception.__init__(
            self, f"calendar {name!r} is at version {version}; the change was based on {based_on}"
        )


class NoSuchVersion(ScheduleError):
    """The history has no such version; list the versions first."""

    def __init__(self, version: int) -> None:
        super().__init__(f"there is no version {version}; the versions are listed in the history")


class NoVersionToTake(NoSuchVersion):
    """The history has no version of this number to go back to; list the versions first."""


class DuplicateCalendar(ScheduleError):
    """The organization already has a calendar of this name; choose another or change that one."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is already a calendar called {name!r}")


class CalendarInUse(ScheduleError):
    """Schedules use the calendar; take it out of them first."""

    def __init__(self, name: str, users: list[str]) -> None:
        super().__init__(f"calendar {name!r} is used by {', '.join(users)}; take it out of them first")


class OverlappingBackfill(ScheduleError):
    """Another backfill of the schedule that has not ended covers a part of the range; wait for it or cancel it."""

    def __init__(self, backfill_id: object) -> None:
        super().__init__(f"backfill {backfill_id} covers a part of this range and has not ended")


class IllegalBackfillMove(ScheduleError):
    """The life cycle of a backfill has no such move; read it again and decide."""

    def __init__(self, *, state: str, to: str) -> None:
        super().__init__(f"the backfill is {state}; it cannot become {to}")
