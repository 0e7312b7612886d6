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
    """The life cycle has no such move from the schedule's state; read it again and decide."""

    def __init__(self, *, state: str, to: str) -> None:
        super().__init__(f"the schedule is {state}; it cannot become {to}")


class StaleSchedule(ScheduleError):
    """Somebody changed the schedule since the caller read it; read it again and repeat the change."""

    def __init__(self, *, based_on: int, version: int) -> None:
        super().__init__(f"the schedule is at version {version}; the change was based on {based_on}")


class NoSuchVersion(ScheduleError):
    """The history has no such version; list the versions first."""

    def __init__(self, version: int) -> None:
        super().__init__(f"there is no version {version}; the versions are listed in the history")


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
