"""What can go wrong with schedules as code."""

from collections.abc import Sequence

from schedules.errors import ScheduleError
from workflows.errors import Invalid


class InvalidFile(Invalid):
    """The author must correct the file; `errors` has `{"path": "schedules.nightly.rules[0].expression", …}`."""


class RefusedPlan(ScheduleError):
    """The file takes over schedules that are not its own; rename them there, or adopt them."""

    def __init__(self, names: Sequence[str]) -> None:
        listed = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
        super().__init__(f"not owned by this source: {listed}; rename them in the file, or use --adopt")


class StalePlan(ScheduleError):
    """What would change is no longer what was planned; plan again, look, and apply that."""

    def __init__(self, why: str) -> None:
        super().__init__(f"nothing was applied: {why}; plan again")


class NothingToExport(ScheduleError):
    """No schedule has such a name or owner; correct the name."""
