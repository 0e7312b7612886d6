"""Minutes at which many schedules start together, once and again and again."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest

from schedules.load.forecast import Forecast
from schedules.load.planning import DAY, HOUR, WEEKDAYS
from schedules.load.timings import Timing
from schedules.models import Schedule

MOST_MINUTES = 50  # collisions and patterns that one answer lists
MOST_NAMED = 20  # schedules that are named with each
WEEK = WEEKDAYS * DAY  # minutes
EVERY_DAY = tuple(range(WEEKDAYS))
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Collision:
    """One minute in which `count` schedules start something; the rarest of them are named first."""

    at: datetime
    count: int
    schedules: tuple[Schedule, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A minute that comes back, and how many schedules start something each time. UTC.

    Attributes:
        hour: None for every hour.
        weekdays: 0 is Monday.
    """

    hour: int | None
    minute: int
    weekdays: tuple[int, ...]
    count: int
    schedules: tuple[Schedule, ...]

    def __str__(self) -> str:
        """Return it as a sentence: `00:00 UTC every day: 143 schedules`."""
        time = (
            f"{self.hour:02}:{self.minute:02}"
            if self.hour is not None
            else f"every hour at :{self.minute:02}"
        )
        days = "every day" if self.weekdays == EVERY_DAY else ", ".join(NAMES[day] for day in self.weekdays)
        return f"{time} UTC {days}: {self.count} schedules"


def collisions(whole: Forecast, *, most: int = MOST_MINUTES) -> list[Collision]:
    """Return the minutes with the most schedules, two or more, the fullest and earliest first."""
    counts = [0] * whole.minutes
    for timing in whole.timings:
        for minute in timing.minutes():
            counts[minute] += len(timing.schedules)
    crowded = (minute for minute, count in enumerate(counts) if count > 1)
    top = nsmallest(most, crowded, key=lambda minute: (-counts[minute], minute))
    causes = _causes(whole.timings, set(top))
    return [
        Collision(whole.start + timedelta(minutes=minute), counts[minute], tuple(causes[minute]))
        for minute in top
    ]


def patterns(whole: Forecast, *, most: int = MOST_MINUTES) -> list[Pattern]:
    """Return the minutes of the hour or day that two or more schedules share in every week, the fullest first.

    Read from the forecast's first seven days; it must have as many.
    """
    counts: Counter[_Slot] = Counter()
    names: defaultdict[_Slot, list[Schedule]] = defaultdict(list)
    for timing in _rarest_first(whole.timings):
        for slot in _slots(timing, start=whole.start):
            counts[slot] += len(timing.schedules)
            names[slot].extend(timing.schedules[: MOST_NAMED - len(names[slot])])
    shared = (slot for slot, count in counts.items() if count > 1)
    top = nsmallest(most, shared, key=lambda slot: (-counts[slot], _order(slot)))
    return [Pattern(*slot, counts[slot], tuple(names[slot])) for slot in top]


_Slot = tuple[int | None, int, tuple[int, ...]]  # hour, minute, weekdays


def _order(slot: _Slot) -> tuple[int, int, tuple[int, ...]]:
    hour, minute, weekdays = slot
    return (-1 if hour is None else hour, minute, weekdays)


def _causes(timings: Iterable[Timing], wanted: set[int]) -> dict[int, list[Schedule]]:
    causes: dict[int, list[Schedule]] = {minute: [] for minute in wanted}
    for timing in _rarest_first(timings):
        for minute in wanted.intersection(timing.minutes()):
            causes[minute].extend(timing.schedules[: MOST_NAMED - len(causes[minute])])
    return causes


def _rarest_first(timings: Iterable[Timing]) -> list[Timing]:
    return sorted(timings, key=lambda timing: len(timing.times))


def _slots(timing: Timing, *, start: datetime) -> Iterator[_Slot]:
    """Yield in which minutes of the day, and of which weekdays, one timing starts something."""
    weekdays: defaultdict[int, list[int]] = defaultdict(list)
    base = start.weekday() * DAY + start.hour * HOUR + start.minute
    for minute in timing.minutes():
        if minute >= WEEK:
            break
        day, of_day = divmod((base + minute) % WEEK, DAY)
        weekdays[of_day].append(day)
    slots = {of_day: tuple(sorted(days)) for of_day, days in weekdays.items()}
    hourly = {minute for minute in range(HOUR) if _is_hourly(slots, minute)}
    yield from ((None, minute, EVERY_DAY) for minute in sorted(hourly))
    for of_day, days in slots.items():
        hour, minute = divmod(of_day, HOUR)
        if minute not in hourly:
            yield hour, minute, days


def _is_hourly(slots: dict[int, tuple[int, ...]], minute: int) -> bool:
    return all(slots.get(of_day) == EVERY_DAY for of_day in range(minute, DAY, HOUR))
