"""Starts and busy slots per minute, summed from planned executions. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from operator import sub
from typing import NamedTuple

MINUTE = 60  # seconds
HOUR = 60  # minutes
DAY = 24 * HOUR  # minutes
WEEKDAYS = 7


class Planned(NamedTuple):
    """Executions that several schedules start at the same times.

    Attributes:
        times: whole seconds after the start of the plan, in order, in [0, its end).
        lengths: how many of the schedules have executions of so many seconds, 1 or more.
    """

    times: Sequence[int]
    lengths: Mapping[int, int]


class Peak(NamedTuple):
    """The first minute of the highest value."""

    minute: int
    value: int


class Bucket(NamedTuple):
    """Some minutes of a load: all their starts, and the most slots that are busy at once in one of them."""

    at: datetime
    starts: int
    busy: int


@dataclass(frozen=True, slots=True)
class Load:
    """What is planned for each minute from `start` on, an aware UTC time on a full minute.

    Attributes:
        starts: executions that start in the minute.
        busy: the most executions that run at one second of the minute.
    """

    start: datetime
    starts: Sequence[int]
    busy: Sequence[int]

    def at(self, minute: int) -> datetime:
        """Return the instant at which a minute of the load begins."""
        return self.start + timedelta(minutes=minute)


def plan_load(items: Iterable[Planned], *, start: datetime, minutes: int) -> Load:
    """Add up planned executions over `minutes` minutes from `start` on.

    Exact to the second: an execution occupies a slot in [time, time + seconds).
    What runs on from before `start` is not in it. Takes time in proportion to
    the times and the different lengths, however many schedules have them.
    """
    last = minutes * MINUTE
    started, ended = [0] * last, [0] * last
    for times, lengths in items:
        _add(started, times, count=sum(lengths.values()))
        for seconds, count in lengths.items():
            # Those that end after the plan are busy to its end.
            _add(ended, times[: bisect_left(times, last - seconds)], count=count, shift=seconds)
    running = list(accumulate(map(sub, started, ended)))
    spans = [slice(at, at + MINUTE) for at in range(0, last, MINUTE)]
    return Load(start, [sum(started[span]) for span in spans], [max(running[span]) for span in spans])


def _add(counts: list[int], times: Sequence[int], *, count: int, shift: int = 0) -> None:
    if isinstance(times, range):  # evenly spaced, and often many: twice as fast
        span = slice(times.start + shift, times.stop + shift, times.step)
        counts[span] = [before + count for before in counts[span]]
        return
    for at in times:
        counts[at + shift] += count


def peak(values: Sequence[int]) -> Peak:
    """Return the first of the highest values and where it stands."""
    highest = max(values)
    return Peak(values.index(highest), highest)


def buckets(load: Load, *, minutes: int) -> list[Bucket]:
    """Return the load by UTC minute, hour or day, of `minutes` minutes, without those in which nothing runs.

    The first begins before the load does where that starts in the midst of it.
    """
    ahead = (load.start.hour * HOUR + load.start.minute) % minutes
    spans = ((at, slice(max(at, 0), at + minutes)) for at in range(-ahead, len(load.starts), minutes))
    found = (Bucket(load.at(at), sum(load.starts[span]), max(load.busy[span])) for at, span in spans)
    return [bucket for bucket in found if bucket.busy]


def by_weekday(load: Load) -> list[list[int]]:
    """Return all starts by UTC weekday, Monday first, and hour of the day."""
    matrix = [[0] * 24 for _ in range(WEEKDAYS)]
    for minute, starts in enumerate(load.starts):
        if starts:
            at = load.at(minute)
            matrix[at.weekday()][at.hour] += starts
    return matrix
