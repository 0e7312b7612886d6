"""Which of a schedule's coming times are worth a line. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from schedules.misfire import Fire

MOST_LEFT_OUT = 10_000  # times that are not to start, looked at in search of those that are


@dataclass(slots=True)
class Walk:
    """What was met on the way to so many starts.

    Attributes:
        listed: in order; those that start, and the first of those that are left out.
        unlisted: how many more were left out.
        is_cut: the search was given up; there may be more.
    """

    listed: list[Fire] = field(default_factory=list)
    starts: int = 0
    unlisted: int = 0
    is_cut: bool = False
    last: Fire | None = None


def walk(fires: Iterable[Fire], *, starts: int, shown: int) -> Walk:
    """Return the way to the next `starts` times that start.

    Args:
        fires: lazily, in order.
        shown: how many of those that are left out are listed.
    """
    found = Walk()
    left_out = 0
    if starts == 0:
        return found
    for fire in fires:
        found.last = fire
        if not fire.barred:
            found.starts += 1
        elif (left_out := left_out + 1) > shown:
            found.unlisted += 1
            found.is_cut = left_out == MOST_LEFT_OUT
        if not fire.barred or left_out <= shown:
            found.listed.append(fire)
        if found.is_cut or found.starts == starts:
            break
    return found
