"""Admission: which starts run now, which wait, and which are refused.

Deciding and inserting happen under the locks of the groups, in one transaction.
What waits is admitted by `release`, which closers and the sweep call alike; it
may run any number of times. Starts that want places in limits of their workflow
are decided by `limits.entering`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from executions import queries
from executions.admitting import clearing, dropping, overlap
from executions.admitting.limits import letting_in
from executions.admitting.limits.wanted import is_of_limit
from executions.admitting.overlap import CLEARS, ENDS_OTHERS, MAX_WAITING, Decision, Occupancy, OverlapPolicy
from executions.admitting.releasing import release_locked

log = structlog.get_logger(__name__)


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


def decide(wanted: Sequence[Admission | None], *, now: datetime) -> list[Decision]:
    """Decide on each start of locked groups in order, making the room that their policies ask for.

    Runs in the caller's transaction, which must then insert what may start or wait.
    """
    groups = _groups(wanted)
    held = queries.occupancy(groups) if groups else {}
    decisions = [_decide(one, held) for one in wanted]
    for one, decision in zip(wanted, decisions, strict=True):
        if one is not None and decision in CLEARS:
            clearing.clear(one.key, at_once=decision is Decision.TERMINATE, now=now)
    return _last_clears_the_others(wanted, decisions)


def _groups(wanted: Sequence[Admission | None]) -> set[UUID]:
    return {one.key for one in wanted if one is not None and one.is_grouped}


def _decide(one: Admission | None, held: dict[UUID, Occupancy]) -> Decision:
    if one is None or not one.is_grouped:
        return Decision.START
    decision = overlap.decide(one.policy, held[one.key], limit=one.limit, most_waiting=one.most_waiting)
    held[one.key] = held[one.key].after(decision)
    return decision


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
        release_locked(groups, now=now)


def let_others_in(freed: Collection[UUID], *, now: datetime) -> None:
    """Admit what waits for the places of an execution that has closed.

    Call it after that commit: a group's lock comes before a row's. A process
    that dies before it, or whose database refuses, leaves that to the sweep.
    """
    try:
        release(freed, now=now)
    except (OperationalError, InterfaceError) as error:
        log.warning("release put off", groups=len(freed), error=str(error))
        connection.close_if_unusable_or_obsolete()


def release(groups: Collection[UUID], *, now: datetime) -> None:
    """Drop what has waited too long in `groups` and give free places to what waits. Safe to repeat."""
    if schedules := [key for key in groups if not is_of_limit(key)]:
        with transaction.atomic():
            queries.lock_groups(schedules)
            release_locked(schedules, now=now)
    letting_in.look(groups, now=now)


@transaction.atomic
def rebind(group: UUID, policy: OverlapPolicy, *, kind: str, limit: int, now: datetime) -> None:
    """Apply an edited policy to what waits in a group already.

    Args:
        kind: fire kind of the starts that follow the edited policy; others keep their own.
    """
    queries.lock_groups([group])
    most = MAX_WAITING if policy is OverlapPolicy.ALLOW_ALL else limit
    queries.set_group_limit(group, kind=kind, limit=most)
    release_locked([group], now=now)
    transaction.on_commit(partial(letting_in.look, [group], now=now), robust=True)
    waiting = queries.group_waiting(group, kind=kind)
    if not waiting or policy not in _KEPT:
        return
    kept = _KEPT[policy](waiting)
    lost = [execution_id for execution_id in waiting if execution_id != kept]
    dropping.drop(lost, why=f"the overlap policy became {policy}", reason="overlap", now=now)
    if policy in ENDS_OTHERS:
        at_once = policy is OverlapPolicy.TERMINATE_OTHER
        clearing.end(queries.group_holders(group), at_once=at_once, by="overlap policy", now=now)
        release_locked([group], now=now)


@transaction.atomic
def abandon(group: UUID, *, why: str, reason: str, now: datetime) -> int:
    """End everything that waits in a group, whatever its kind, and return how many it were."""
    queries.lock_groups([group])
    return dropping.drop_waiting([group], why=why, reason=reason, now=now)


# Which one of those that wait, in order, goes on waiting under an edited policy; under others all do.
_KEPT: dict[OverlapPolicy, Callable[[Sequence[UUID]], UUID | None]] = {
    OverlapPolicy.SKIP: lambda _waiting: None,
    OverlapPolicy.BUFFER_ONE: lambda waiting: waiting[0],
    OverlapPolicy.CANCEL_OTHER: lambda waiting: waiting[-1],
    OverlapPolicy.TERMINATE_OTHER: lambda waiting: waiting[-1],
}
