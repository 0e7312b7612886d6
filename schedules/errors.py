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
