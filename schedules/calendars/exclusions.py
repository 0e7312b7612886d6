"""What several calendars exclude, asked in the zone of a schedule."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from schedules.calendars.calendar import Calendar
from schedules.calendars.entry import DAY, Entry

REMEMBERED_DAYS = 500

Answer = TypeVar("Answer")


class Exclusions:
    """The entries of some calendars, with a memory of the days that were asked about.

    A dense rule asks for many times of one day, so those entries that have nothing
    to say on that day are asked once.
    """

    def __init__(self, calendars: Sequence[Calendar], *, zone: ZoneInfo) -> None:
        self.zone = zone
        self._entries = tuple(entry for calendar in calendars for entry in calendar.entries)
        self._of_day: dict[date, tuple[Entry, ...]] = {}
        self._jump_days: dict[date, bool] = {}

    def reason(self, at: datetime) -> str:
        """Return why an aware instant is excluded, or "" if it is not."""
        local = at.astimezone(self.zone).replace(tzinfo=None)
        for entry in self._touching(local.date()):
            reason = entry.excludes(local, at)
            if reason is not None:
                return reason
        return ""

    def touch(self, day: date) -> bool:
        """Return whether a time may fail to find a place on a local day.

        Besides a day with exclusions that is one on which the clock jumps: a time may be missing.
        """
        return bool(self._touching(day)) or self._jumps(day)

    def start_of(self, day: date) -> datetime:
        """Return, in UTC, an instant at or shortly before the first of a local day."""
        return min(self._midnight(day, fold=0).astimezone(UTC), self._midnight(day, fold=1).astimezone(UTC))

    def _touching(self, day: date) -> tuple[Entry, ...]:
        found = self._of_day.get(day)
        if found is None:
            found = tuple(entry for entry in self._entries if entry.touches(day))
            _remember(self._of_day, day=day, answer=found)
        return found

    def _jumps(self, day: date) -> bool:
        found = self._jump_days.get(day)
        if found is None:
            # A jump at either midnight counts too: fold 0 is the offset before it, fold 1 the one after.
            first, last = self._midnight(day, fold=0), self._midnight(day + DAY, fold=1)
            found = first.utcoffset() != last.utcoffset()
            _remember(self._jump_days, day=day, answer=found)
        return found

    def _midnight(self, day: date, *, fold: int) -> datetime:
        return datetime.combine(day, time(fold=fold), tzinfo=self.zone)


def _remember(memory: dict[date, Answer], *, day: date, answer: Answer) -> None:
    """Keep an answer about a day; the memory starts anew when it is full."""
    if len(memory) >= REMEMBERED_DAYS:
        memory.clear()
    memory[day] = answer
