"""An entry of another scheduler, in the shape that ours takes it in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import dropwhile, islice, takewhile
from typing import Any, TypeAlias

# Yields the fire times of the old scheduler in (after, until], aware UTC, strictly increasing.
OldTimes: TypeAlias = Callable[[datetime, datetime], Iterator[datetime]]


@dataclass(frozen=True)
class Call:
    """What an entry runs: a Celery task by its name, with plain JSON arguments."""

    task: str
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        values = [repr(value) for value in self.args]
        return f"{self.task}({', '.join(values + [f'{k}={v!r}' for k, v in self.kwargs.items()])})"


def never(_after: datetime, _until: datetime) -> Iterator[datetime]:
    """Yield nothing: the old scheduler does not fire this entry."""
    return iter(())


@dataclass(frozen=True)
class Entry:
    """One entry of another scheduler.

    Attributes:
        source: where it stands. It never changes, and tells at a second import that this one is here.
        name: as the old scheduler calls it.
        slug: the name of the workflow and of the schedule.
        settings: of `schedules.services.create`.
        notes: what is carried over with a difference, or not at all.
        refusal: why it cannot be imported, and what to do about it; empty for one that can.
        paused: why it is imported as paused; empty for one that fires.
        row: primary key of the `PeriodicTask` that `--disable-old` switches off.
    """

    source: str
    name: str
    slug: str = ""
    call: Call | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    old: OldTimes = never
    notes: tuple[str, ...] = ()
    refusal: str = ""
    paused: str = ""
    row: int | None = None

    def refused(self, reason: str) -> "Entry":
        return replace(self, refusal=reason)


@dataclass(frozen=True)
class Reading:
    """All of a source.

    Attributes:
        notes: what concerns every entry.
        left_out: what was passed over on purpose, each with its reason.
        by_hand: how the person switches the old entries off; empty where `--disable-old` does it.
    """

    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    by_hand: str = ""


def bounded(old: OldTimes, *, start: datetime | None, end: datetime | None) -> OldTimes:
    """Return `old` without the times before `start` and after `end`, both inclusive."""

    def times(after: datetime, until: datetime) -> Iterator[datetime]:
        first = after if start is None else max(after, start - timedelta.resolution)
        return old(first, until if end is None else min(until, end))

    return times


def once(old: OldTimes, *, now: datetime) -> OldTimes:
    """Return the first time of `old` after `now`, alone."""

    def times(after: datetime, until: datetime) -> Iterator[datetime]:
        first = islice(old(now, until), 1)
        return takewhile(lambda at: at <= until, dropwhile(lambda at: at <= after, first))

    return times
