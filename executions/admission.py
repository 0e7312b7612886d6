"""Admission: which starts run now, which wait, and which are refused.

Deciding and inserting happen under the group's lock, in one transaction. What
waits is admitted by `release`, which starters, closers and the sweep call alike;
it may run any number of times.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from events.services import NewEvent, append
from executions import closing, opening, overlap, queries
from executions.errors import IllegalMove
from executions.overlap import CLEARS, ENDS_OTHERS, MAX_WAITING, Decision, Occupancy, OverlapPolicy
from executions.queries import Dropped

log = structlog.get_logger(__name__)

REPEATS = 3  # a close between two statements leaves a place free; more than this the sweep finds


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The group that a start belongs to, and how it gets its place there.

    Attributes:
        key: of the group, such as the schedule's id.
        limit: how many of the group may be active beside this one, this one included.
        waits_until: a start that still waits then is dropped and recorded.
        most_waiting: how many may wait before this one is refused.
    """

    key: UUID
    policy: OverlapPolicy = OverlapPolicy.SKIP
    limit: int = 1
    waits_until: datetime | None = None
    most_waiting: int = MAX_WAITING

    @property
    def is_grouped(self) -> bool:
        return self.policy is not OverlapPolicy.ALLOW_ALL


def lock(wanted: Sequence[Admission | None]) -> None:
    """Let nobody else decide on the groups of starts until the transaction ends."""
    groups = _groups(wanted)
    if groups:
        queries.lock_groups(groups)


def decide(wanted: Sequence[Admission | None], *, now: datetime) -> list[Decision]:
    """Decide on each start of locked groups in order, making the room that their policies ask for.

    Runs in the caller's transaction, which must then insert what may start or wait.
    """
    groups = _groups(wanted)
    held = queries.occupancy(groups) if groups else {}
    decisions = [_decide(one, held) for one in wanted]
    for one, decision in zip(wanted, decisions, strict=True):
        if one is not None and decision in CLEARS:
            _clear(one.key, decision, now=now)
    return _last_clears_the_others(wanted, decisions)


def _groups(wanted: Sequence[Admission | None]) -> set[UUID]:
    return {one.key for one in wanted if one is not None and one.is_grouped}


def _decide(one: Admission | None, held: dict[UUID, Occupancy]) -> Decision:
    if one is None or not one.is_grouped:
        return Decision.START
    decision = overlap.decide(one.policy, held[one.key], limit=one.limit, most_waiting=one.most_waiting)
    held[one.key] = held[one.key].after(decision)
    return decision


def _clear(group: UUID, decision: Decision, *, now: datetime) -> None:
    drop_waiting([group], why="a newer start took its place", reason="overlap", now=now)
    _end_active(group, at_once=decision is Decision.TERMINATE, now=now)


def _end_active(group: UUID, *, at_once: bool, now: datetime) -> None:
    for execution_id in queries.group_holders(group):
        # One that has ended by itself meanwhile is what was wanted.
        with suppress(IllegalMove):
            if at_once:
                closing.terminate(execution_id, by="overlap policy", now=now)
            else:
                closing.request_cancel(execution_id, by="overlap policy", now=now)


def _last_clears_the_others(wanted: Sequence[Admission | None], decisions: list[Decision]) -> list[Decision]:
    """Refuse the starts of one call that a later one of it, of the same group, replaces."""
    cleared: set[UUID] = set()
    settled = list(decisions)
    for place in reversed(range(len(wanted))):
        one = wanted[place]
        if one is None or not one.is_grouped:
            continue
        if one.key in cleared:
            settled[place] = Decision.OVERLAP
        elif decisions[place] in CLEARS:
            cleared.add(one.key)
    return settled


def settle(groups: Collection[UUID], *, now: datetime) -> None:
    """Let the active ones know of what was inserted to wait, and admit where one has closed meanwhile."""
    if groups:
        _release(groups, now=now)


def let_others_in(freed: UUID, *, now: datetime) -> None:
    """Admit what waits for the place of an execution that has closed.

    Call it after that commit: the group's lock comes before a row's. A process
    that dies before it, or whose database refuses, leaves that to the sweep.
    """
    try:
        release([freed], now=now)
    except (OperationalError, InterfaceError) as error:
        log.warning("release put off", group_key=str(freed), error=str(error))
        connection.close_if_unusable_or_obsolete()


@transaction.atomic
def release(groups: Collection[UUID], *, now: datetime) -> None:
    """Drop what has waited too long in `groups` and give free places to what waits. Safe to repeat."""
    queries.lock_groups(groups)
    _release(groups, now=now)


def _release(groups: Collection[UUID], *, now: datetime) -> None:
    drop_waiting(
        groups, why="waited longer than its catch-up window", reason="misfire", now=now, only_late=True
    )
    for turn in range(REPEATS):
        admitted = queries.admit(groups)
        opening.open_admitted(admitted, now=now)
        if turn and not admitted:
            return
        crowded = {key for key, held in queries.occupancy(groups).items() if held.waiting}
        if not crowded:
            return
        # Waits for whoever is closing; the next turn sees the places that they have left.
        queries.mark_groups(crowded)


@transaction.atomic
def rebind(group: UUID, policy: OverlapPolicy, *, kind: str, limit: int, now: datetime) -> None:
    """Apply an edited policy to what waits in a group already.

    Args:
        kind: fire kind of the starts that follow the edited policy; others keep their own.
    """
    queries.lock_groups([group])
    limits = {OverlapPolicy.ALLOW_ALL: MAX_WAITING}
    queries.set_group_limit(group, kind=kind, limit=limits.get(policy, limit))
    _release([group], now=now)
    waiting = queries.group_waiting(group, kind=kind)
    if not waiting or policy not in _KEPT:
        return
    why = f"the overlap policy became {policy}"
    kept = _KEPT[policy](waiting)
    drop_waiting([group], why=why, reason="overlap", now=now, kind=kind, but=kept)
    if policy in ENDS_OTHERS:
        _end_active(group, at_once=policy is OverlapPolicy.TERMINATE_OTHER, now=now)
        _release([group], now=now)


@transaction.atomic
def abandon(group: UUID, *, why: str, reason: str, now: datetime) -> int:
    """End everything that waits in a group, whatever its kind, and return how many it were."""
    queries.lock_groups([group])
    return drop_waiting([group], why=why, reason=reason, now=now)


# Which one of those that wait, in order, goes on waiting under an edited policy; under others all do.
_KEPT: dict[OverlapPolicy, Callable[[Sequence[UUID]], UUID | None]] = {
    OverlapPolicy.SKIP: lambda _waiting: None,
    OverlapPolicy.BUFFER_ONE: lambda waiting: waiting[0],
    OverlapPolicy.CANCEL_OTHER: lambda waiting: waiting[-1],
    OverlapPolicy.TERMINATE_OTHER: lambda waiting: waiting[-1],
}


def drop_waiting(groups: Collection[UUID], *, why: str, reason: str, now: datetime, **which: Any) -> int:
    """End what waits in locked groups, tell of it, and return how many it were.

    Args:
        which: of `queries.drop_waiting`.
    """
    dropped = queries.drop_waiting(groups, why=f"not started: {why}", now=now, **which)
    append(event for one in dropped for event in _told(one, reason=reason, now=now))
    return len(dropped)


def _told(one: Dropped, *, reason: str, now: datetime) -> list[NewEvent]:
    facts = {"reason": reason, "fire_at": one.fire_at.isoformat() if one.fire_at else None}
    types = ["workflow.cancelled", *(["schedule.skipped"] if one.schedule_id else [])]
    return [
        NewEvent(
            organization_id=one.organization_id,
            type=type_,
            at=now,
            workflow_id=one.workflow_id,
            schedule_id=one.schedule_id,
            execution_id=one.id,
            data=facts,
        )
        for type_ in types
    ]
