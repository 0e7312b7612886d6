"""Moves that would lower the peak of starts per minute."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from schedules.load.forecast import Forecast, load_of
from schedules.load.moves import MINUTES, Move, MoveKind, changed, is_hourly, minute_of
from schedules.load.planning import MINUTE, Peak, peak
from schedules.load.timings import Coverage, Timing, timings
from schedules.models import Schedule
from schedules.spread import SpreadKind

MOST = 50  # suggestions of one answer
MOST_CROWDS = 20  # groups of schedules, the largest, that are weighed for each suggestion
CLOSEST = 5  # minutes between two fires; what fires more often, on average, is left where it is
WINDOWS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60))  # the shortest that helps is taken


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One move; each counts on those before it.

    Attributes:
        settings: of the schedule, as they stand; those that the move changes.
        instead: the same settings as the move makes them.
        peak_before: most starts in one minute of the forecast, with the moves before this one made.
        peak_after: the same with this one made as well; not less where other minutes are as crowded.
    """

    schedule: Schedule
    move: Move
    settings: Mapping[str, Any]
    instead: Mapping[str, Any]
    peak_before: int
    peak_after: int


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Moves in the order to make them, and the most starts in one minute without and with all of them."""

    results: tuple[Suggestion, ...]
    peak_before: int
    peak_after: int


def suggest(whole: Forecast, *, most: int = MOST) -> Suggestions:
    """Find at most `most` moves that together lower the peak of starts per minute, in the order to make them.

    Greedy: of the schedules that start in the fullest minute, the earliest of
    several, it moves the one that relieves most minutes of that height, until
    none relieves any. A schedule is moved once, and only if it has no spread
    yet. One that names a minute keeps its hour: an hourly one gets `H`, others
    the nearest of the emptiest minutes; what has no single minute gets a window.
    The same forecast always gives the same moves; nothing is changed.
    """
    board = _Board(whole, list(load_of(whole).starts))
    peak_before = max(board.starts)
    found: list[Suggestion] = []
    while len(found) < most:
        top = peak(board.starts)
        option = _best(board, top)
        if option is None:
            break
        schedule = board.make(option)
        found.append(_suggestion(schedule, option.move, before=top.value, after=max(board.starts)))
    return Suggestions(tuple(found), peak_before, max(board.starts))


@dataclass(slots=True, eq=False)
class _Crowd:
    """Schedules of one timing that can still be moved, and the minutes in which they start."""

    waiting: list[Schedule]
    minutes: list[int]
    present: frozenset[int]

    @classmethod
    def of(cls, timing: Timing, *, minutes: int) -> "_Crowd":
        can_move = timing.coverage is Coverage.EXACT and timing.schedules[0].spread == SpreadKind.NONE
        is_sparse = len(timing.times) * CLOSEST <= minutes
        present = timing.minutes() if can_move and is_sparse else []
        return cls(list(timing.schedules) if present else [], present, frozenset(present))


@dataclass(frozen=True, slots=True)
class _Option:
    """A move of the first schedule of a crowd.

    Attributes:
        minutes: of each start, after the move.
        relieved: how many minutes of the peak's height become lower.
        height: the most starts in a minute that it adds.
    """

    crowd: _Crowd
    move: Move
    minutes: Sequence[int]
    relieved: int
    height: int

    @property
    def schedule(self) -> Schedule:
        return self.crowd.waiting[0]


class _Board:
    """The starts in each minute, on which moves are tried."""

    def __init__(self, whole: Forecast, starts: list[int]) -> None:
        self.whole = whole
        self.starts = starts
        self.crowds = [
            crowd for timing in whole.timings if (crowd := _Crowd.of(timing, minutes=whole.minutes)).waiting
        ]
        self._searched: dict[Move, list[int]] = {}

    def crowds_at(self, minute: int) -> list[_Crowd]:
        """Return the crowds that start something in `minute`, the largest first."""
        there = [crowd for crowd in self.crowds if crowd.waiting and minute in crowd.present]
        return sorted(there, key=lambda crowd: (-len(crowd.waiting), crowd.waiting[0].name))

    def option(self, crowd: _Crowd, move: Move, *, height: int) -> _Option:
        """Return what a move does while the peak is `height`."""
        minutes = self.minutes_after(crowd.waiting[0], move)
        added = Counter(minutes)
        added.subtract(crowd.minutes)
        relieved = sum(count < 0 and self.starts[at] == height for at, count in added.items())
        highest = max((self.starts[at] + count for at, count in added.items() if count > 0), default=0)
        return _Option(crowd, move, minutes, relieved, highest)

    def minutes_after(self, schedule: Schedule, move: Move) -> list[int]:
        """Return the minute of each start of the moved schedule, as a forecast would find it."""
        if move not in self._searched:
            moved = copy(schedule)
            for name, value in changed(schedule.rules, move).items():
                setattr(moved, name, value)
            whole = self.whole
            found = timings([moved], start=whole.start, minutes=whole.minutes, calendars=whole.calendars)
            self._searched[move] = [at // MINUTE for at in next(found).times]
        return self._searched[move]

    def make(self, option: _Option) -> Schedule:
        """Count the schedule at its new minutes; it is not moved again."""
        for at in option.crowd.minutes:
            self.starts[at] -= 1
        for at in option.minutes:
            self.starts[at] += 1
        return option.crowd.waiting.pop(0)


def _best(board: _Board, top: Peak) -> _Option | None:
    crowds = board.crowds_at(top.minute)[:MOST_CROWDS]
    options = [option for crowd in crowds if (option := _first_good(board, crowd, top=top))]
    return min(
        options, key=lambda option: (-option.relieved, option.height, option.schedule.name), default=None
    )


def _first_good(board: _Board, crowd: _Crowd, *, top: Peak) -> _Option | None:
    """Return the first kind of move that relieves the peak and raises no other minute to it."""
    for move in _moves(crowd, board.starts):
        option = board.option(crowd, move, height=top.value)
        if option.relieved and option.height < top.value:
            return option
    return None


def _moves(crowd: _Crowd, starts: Sequence[int]) -> Iterator[Move]:
    schedule = crowd.waiting[0]
    minute = minute_of(schedule.rules)
    if minute is not None:
        by_hash = Move(schedule.pk, schedule.version, MoveKind.H)
        if is_hourly(schedule.rules):
            yield by_hash
        to = _emptiest(crowd.minutes, starts, minute=minute)
        yield Move(schedule.pk, schedule.version, MoveKind.OFFSET, minute=to)
        yield by_hash
    for window in WINDOWS:
        yield Move(schedule.pk, schedule.version, MoveKind.WINDOW, window=window)


def _emptiest(minutes: Sequence[int], starts: Sequence[int], *, minute: int) -> int:
    """Return the minute of the hour to move to: the fullest of the new minutes is emptiest, and it is nearest."""

    def rank(to: int) -> tuple[int, int, int]:
        new = (at + to - minute for at in minutes if 0 <= at + to - minute < len(starts))
        return max((starts[at] for at in new), default=0), abs(to - minute), to

    return min((to for to in MINUTES if to != minute), key=rank)


def _suggestion(schedule: Schedule, move: Move, *, before: int, after: int) -> Suggestion:
    instead = changed(schedule.rules, move)
    settings = {name: getattr(schedule, name) for name in instead}
    return Suggestion(schedule, move, settings, instead, before, after)
