"""Decide on starts that want places in limits of their workflow.

In the caller's transaction, which holds the locks of all their groups and then
inserts what may start or wait.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from uuid import UUID

from executions import queries
from executions.admitting import admission, clearing, dropping, overlap
from executions.admitting.admission import Admission
from executions.admitting.limits import rooms
from executions.admitting.limits.rooms import Room
from executions.admitting.limits.wanted import WantedPlace, WhenFull
from executions.admitting.overlap import CLEARS, ENDS_OTHERS, MAX_WAITING, Decision, Occupancy
from executions.queries import places

MOST_PROMISED = 1_000  # waiting executions that a start lets pass


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one start competes for: a place in its schedule's group, unless that allows all, and places in limits."""

    group: Admission | None
    places: tuple[WantedPlace, ...]

    @property
    def ends_others(self) -> bool:
        """Return whether it may end other executions."""
        return rooms.ends_others(self.places) or bool(self.group and self.group.policy in ENDS_OTHERS)

    @property
    def keys(self) -> set[UUID]:
        """Return its groups."""
        return {place.key for place in self.places} | ({self.group.key} if self.group else set())


def turns(wanted: Sequence[Wanted]) -> Iterator[list[int]]:
    """Yield which starts of one call are decided on and recorded together, by their place in the call.

    One that may end others has a turn of its own: it may have to end one of its own call.
    """
    if unlimited := [place for place, one in enumerate(wanted) if not one.places]:
        yield unlimited
    limited = [place for place, one in enumerate(wanted) if one.places]
    for _, run in groupby(limited, key=lambda place: place if wanted[place].ends_others else -1):
        yield list(run)


def decide(wanted: Sequence[Wanted], *, now: datetime) -> list[Decision]:
    """Decide on the starts of one turn in order; one that may end others does so."""
    if not any(one.places for one in wanted):
        return admission.decide([one.group for one in wanted], now=now)
    board = _read(wanted)
    if len(wanted) == 1 and wanted[0].ends_others:
        return [_decide_alone(wanted[0], board, now=now)]
    return [board.take_in(one) for one in wanted]


def _decide_alone(one: Wanted, board: "_Board", *, now: datetime) -> Decision:
    decision = board.decide(one)
    if decision not in CLEARS:
        return decision
    parts = board.parts(one)
    if one.group is not None and parts[0] in CLEARS:
        clearing.clear(one.group.key, at_once=parts[0] is Decision.TERMINATE, now=now)
    for place, part in zip(one.places, parts[-len(one.places) :], strict=True):
        if part in CLEARS:
            _make_room(place, now=now)
    has_room = set(_read([one]).parts(one)) == {Decision.START}
    return Decision.START if has_room else Decision.WAIT


def _make_room(place: WantedPlace, *, now: datetime) -> None:
    """End as many of the oldest of a group as leave room for one more."""
    at_once = place.when_full is WhenFull.TERMINATE_OTHER
    others = [replace(one, is_ending=one.is_ending and not at_once) for one in places.others(place.key)]
    old = rooms.replaced(others, limit=place.limit)
    dropping.drop([one.id for one in old if one.is_waiting], why=clearing.REPLACED, reason="limit", now=now)
    active = [one.id for one in old if not one.is_waiting]
    clearing.end(active, at_once=at_once, by="limit of the workflow", now=now)


@dataclass(slots=True)
class _Board:
    """What the groups of some starts hold, those included that were decided on before."""

    groups: dict[UUID, Occupancy]
    rooms: dict[UUID, Room]

    def take_in(self, one: Wanted) -> Decision:
        """Decide on a start and count it."""
        decision = self.decide(one)
        if one.group is not None:
            self.groups[one.group.key] = self.groups[one.group.key].after(decision)
        for place in one.places:
            self.rooms[place.key] = self.rooms[place.key].after(decision)
        return decision

    def decide(self, one: Wanted) -> Decision:
        most = MAX_WAITING if one.group is None else one.group.most_waiting
        return rooms.combined(self.parts(one), self._rooms(one), most_waiting=most)

    def parts(self, one: Wanted) -> list[Decision]:
        """Return what each group of a start decides, its schedule's first."""
        return [*self._of_group(one), *map(rooms.decide, one.places, self._rooms(one))]

    def _of_group(self, one: Wanted) -> Iterator[Decision]:
        group = one.group
        if group is not None:
            held = self.groups[group.key]
            yield overlap.decide(group.policy, held, limit=group.limit, most_waiting=group.most_waiting)

    def _rooms(self, one: Wanted) -> list[Room]:
        return [self.rooms[place.key] for place in one.places]


def _read(wanted: Sequence[Wanted]) -> _Board:
    grouped = {one.group.key for one in wanted if one.group is not None}
    groups = queries.occupancy(grouped) if grouped else {}
    periods = {place.key: place.per_seconds for one in wanted for place in one.places}
    held = places.rooms(periods)
    if any(room.waiting for room in held.values()):
        _promise(held)
    return _Board(groups, held)


def _promise(held: dict[UUID, Room]) -> None:
    """Count the places that those will take who wait, may start now, and have not looked yet."""
    for waiter in rooms.next_in(places.startable(held.keys(), most=MOST_PROMISED)):
        for key in waiter.keys:
            if key in held:
                held[key] = replace(held[key], promised=held[key].promised + 1)
