"""What becomes of a start that finds the groups of its limits as they are. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from executions.admitting.limits.wanted import ENDS_OTHERS, WantedPlace, WhenFull
from executions.admitting.overlap import CLEARS, MAX_WAITING, STARTS, WAITS, Decision


@dataclass(frozen=True, slots=True)
class Room:
    """What a group of a limit holds.

    Attributes:
        taken: places of active executions, or starts within the period.
        waiting: executions that wait in the group, for this limit or for another.
        promised: places for those of them that may start now, and come first.
    """

    taken: int = 0
    waiting: int = 0
    promised: int = 0

    def after(self, decision: Decision) -> "Room":
        """Return what the group holds once `decision` on a start is carried out."""
        if decision in STARTS:
            return replace(self, taken=self.taken + 1)
        return replace(self, waiting=self.waiting + 1) if decision in WAITS else self


def decide(place: WantedPlace, room: Room) -> Decision:
    """Return what becomes of a start as far as this limit decides."""
    if place.when_full is WhenFull.REFUSE:
        # What waits has been accepted: its place is taken, whichever limit holds it up.
        return Decision.START if room.taken + room.waiting < place.limit else Decision.LIMIT
    if room.taken + room.promised < place.limit:
        return Decision.START
    return _WHEN_FULL[place.when_full]


_WHEN_FULL = {
    WhenFull.WAIT: Decision.WAIT,
    WhenFull.CANCEL_OTHER: Decision.CANCEL,
    WhenFull.TERMINATE_OTHER: Decision.TERMINATE,
}


def combined(
    parts: Iterable[Decision], rooms: Iterable[Room], *, most_waiting: int = MAX_WAITING
) -> Decision:
    """Return what becomes of a start of which each of its groups has decided; it waits in all of them or in none.

    Args:
        parts: of its schedule's group, where it has one, and of its limits.
        most_waiting: how many may wait in a group of a limit before one more is refused.
    """
    parts = list(parts)
    refused = [part for part in parts if part not in STARTS | WAITS]
    if refused:
        return refused[0]
    clearing = [part for part in parts if part in CLEARS]
    if not clearing and Decision.WAIT not in parts:
        return Decision.START
    if any(room.waiting >= most_waiting for room in rooms):
        return Decision.BUFFER_FULL
    return clearing[0] if clearing else Decision.WAIT


@dataclass(frozen=True, slots=True)
class Other:
    """An execution that holds a place, or waits for one."""

    id: UUID
    is_waiting: bool
    is_ending: bool = False


def replaced(others: Sequence[Other], *, limit: int) -> list[Other]:
    """Return which of `others`, oldest first, a start ends that takes the place of the oldest."""
    staying = [one for one in others if not one.is_ending]
    return staying[: max(len(staying) - limit + 1, 0)]


def ends_others(places: Iterable[WantedPlace]) -> bool:
    """Return whether a start with these places may end other executions."""
    return any(place.when_full in ENDS_OTHERS for place in places)


@dataclass(frozen=True, slots=True)
class Waiter:
    """An execution that waits, and whose groups have room for it.

    Attributes:
        group_key: of its schedule's group, if any.
        is_late: it has waited too long, and is to be dropped.
        keys: its groups in limits, with the `limits` there and how many places are `taken` of each.
    """

    id: UUID
    group_key: UUID | None
    is_late: bool
    keys: tuple[UUID, ...] = ()
    limits: tuple[int, ...] = ()
    taken: tuple[int, ...] = ()

    @property
    def groups(self) -> set[UUID]:
        """Return all groups in which it waits."""
        return {*self.keys, *([self.group_key] if self.group_key else [])}


@dataclass(slots=True)
class _Taken:
    by_key: dict[UUID, int] = field(default_factory=dict)

    def give(self, waiter: Waiter) -> bool:
        counts = [self.by_key.get(key, seen) for key, seen in zip(waiter.keys, waiter.taken, strict=True)]
        if any(count >= limit for count, limit in zip(counts, waiter.limits, strict=True)):
            return False
        self.by_key.update((key, count + 1) for key, count in zip(waiter.keys, counts, strict=True))
        return True


def next_in(waiters: Iterable[Waiter]) -> list[Waiter]:
    """Return which of `waiters`, in order of arrival, may start together.

    One that is held up by another limit keeps nobody else waiting: many that
    wait for one customer's place must not stop the other customers.
    """
    taken = _Taken()
    return [waiter for waiter in waiters if not waiter.is_late and taken.give(waiter)]
