"""What becomes of the fire times that a schedule has reached. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

MAX_REACHED = 1_000  # times looked at in one pass; a longer outage takes several
MAX_STARTS = 20  # executions that one schedule starts in one pass; its backlog goes on in the next


class CatchUpMode(StrEnum):
    """Which of several reached times are started."""

    LATEST = "latest"  # the newest one
    ALL = "all"  # every one, in order


@dataclass(frozen=True, slots=True)
class CatchUp:
    """How late a time may be started (`window`), and which of several are."""

    mode: CatchUpMode
    window: timedelta


@dataclass(frozen=True, slots=True)
class Missed:
    """A run of consecutive fire times that are not started, both ends included."""

    first: datetime
    last: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pass does: every time up to `cursor` is in `start` or counted in `missed`.

    `cursor` is None where nothing was reached.
    """

    start: tuple[datetime, ...]
    missed: Missed | None
    cursor: datetime | None


def plan(times: Iterable[datetime], *, now: datetime, catch_up: CatchUp) -> Plan:
    """Split the times up to `now` into those to start and those to record as missed.

    Args:
        times: strictly increasing fire times after the schedule's cursor,
            lazily; no more than `MAX_REACHED` and one are taken.
    """
    reached, more_follow = _reached(times, now=now)
    in_time = [time for time in reached if now - time <= catch_up.window]
    late = reached[: len(reached) - len(in_time)]
    if catch_up.mode is CatchUpMode.ALL:
        start, superseded = in_time[:MAX_STARTS], []
        reached = late + start
    else:
        # While newer times follow in the next pass, none of these is the newest.
        start = [] if more_follow else in_time[-1:]
        superseded = in_time[: len(in_time) - len(start)]
    return Plan(tuple(start), _range(late + superseded), reached[-1] if reached else None)


def _reached(times: Iterable[datetime], *, now: datetime) -> tuple[list[datetime], bool]:
    reached: list[datetime] = []
    for time in islice(times, MAX_REACHED + 1):
        if time > now:
            return reached, False
        reached.append(time)
    more_follow = len(reached) > MAX_REACHED
    return reached[:MAX_REACHED], more_follow


def _range(missed: list[datetime]) -> Missed | None:
    return Missed(missed[0], missed[-1], len(missed)) if missed else None
