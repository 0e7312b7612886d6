"""What can go wrong with a backfill, beside what `schedules.errors` names."""

from datetime import datetime

from schedules.errors import ScheduleError


class TooManyTimes(ScheduleError):
    """The range holds more times than one backfill may look at; narrow it."""

    def __init__(self, reached: datetime) -> None:
        self.reached = reached
        super().__init__(f"holds too many times; narrow the range, to {reached.isoformat()} at the latest")


class RulesChanged(ScheduleError):
    """The schedule has got more times in the range since the backfill was requested; request another."""

    def __init__(self, total: int) -> None:
        super().__init__(f"the schedule has more than the {total} times that it had when this was requested")


class ScheduleArchived(ScheduleError):
    """The schedule is archived: nothing more of it is run."""

    def __init__(self) -> None:
        super().__init__("the schedule is archived")
