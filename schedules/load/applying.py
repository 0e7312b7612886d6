"""Make moves that somebody asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from organizations.models import Organization
from schedules import services
from schedules.errors import ScheduleError, StaleSchedule
from schedules.load.moves import Move, changed
from schedules.models import Schedule
from workflows.errors import Invalid

REASON = "moved away from a crowded minute"  # kept with the version


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one move: the changed schedule, or why it was refused."""

    move: Move
    schedule: Schedule | None = None
    refusal: str = ""

    @property
    def applied(self) -> bool:
        """Whether the schedule was changed."""
        return self.schedule is not None

    @property
    def version(self) -> int | None:
        """The changed schedule's version."""
        return self.schedule.version if self.schedule else None


def apply(organization: Organization, moves: Iterable[Move], *, by: str, now: datetime) -> list[Applied]:
    """Make each move, in a transaction of its own, and say what became of it, in their order.

    A move whose schedule was changed since the version that it is based on is
    refused, and so is a second move of the same schedule; the others are made
    all the same.
    """
    own = Schedule.objects.filter(organization=organization)
    return [_made(own.filter(pk=move.schedule_id).first(), move, by=by, now=now) for move in moves]


def _made(schedule: Schedule | None, move: Move, *, by: str, now: datetime) -> Applied:
    if schedule is None:
        return Applied(move, refusal="there is no such schedule")
    try:
        if schedule.version != move.version:
            raise StaleSchedule(based_on=move.version, version=schedule.version)
        settings = changed(schedule.rules, move)
        moved = services.change(schedule, now=now, by=by, reason=REASON, based_on=move.version, **settings)
    except (ScheduleError, Invalid, ValueError) as error:
        return Applied(move, refusal=str(error))
    return Applied(move, moved)
