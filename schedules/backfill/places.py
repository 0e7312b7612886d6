"""The places that a backfill's executions compete for.

With `allow_all` they have a group of their own, as wide as its concurrency, and
live fires never meet them. With any other policy they compete in the schedule's
own group; the drip hands out no more than fit, so that a live fire that waits
is not passed by older times for as long as the backfill lasts.
"""

from datetime import datetime
from uuid import UUID

from executions import queries as executions
from executions.admitting import admission, dropping
from executions.admitting.admission import Admission
from executions.admitting.overlap import MAX_WAITING, RESERVED, OverlapPolicy
from schedules.backfill import queries
from schedules.models import Backfill

RESERVE = 20  # executions that wait recorded, so that a short one is followed at once
_WAITING = frozenset({OverlapPolicy.BUFFER_ONE, OverlapPolicy.BUFFER_ALL})


def is_apart(backfill: Backfill) -> bool:
    """Return whether its executions have a group of their own."""
    return backfill.overlap == OverlapPolicy.ALLOW_ALL


def group_of(backfill: Backfill) -> UUID:
    """Return the key of the group in which its executions compete."""
    return backfill.pk if is_apart(backfill) else backfill.schedule_id


def place(backfill: Backfill) -> Admission:
    """Return how one of its executions gets its place."""
    if is_apart(backfill):
        return Admission(key=backfill.pk, policy=OverlapPolicy.BUFFER_ALL, limit=backfill.concurrency)
    return Admission(
        key=backfill.schedule_id,
        policy=OverlapPolicy(backfill.overlap),
        limit=backfill.schedule.max_active,
        most_waiting=MAX_WAITING - RESERVED,
    )


def room(backfill: Backfill) -> int:
    """Return how many more of its executions may be recorded now."""
    active = queries.in_flight(group_of(backfill), kind=backfill.fire_kind)
    if is_apart(backfill):
        # What waits is admitted oldest first, so with the other order nothing may wait.
        is_forwards = backfill.order == Backfill.Order.OLDEST_FIRST
        return backfill.concurrency + (RESERVE if is_forwards else 0) - active
    most = min(backfill.concurrency, backfill.schedule.max_active)
    if backfill.overlap in _WAITING:
        return min(most - active, _free(backfill))
    return most - active


def _free(backfill: Backfill) -> int:
    held = executions.occupancy([backfill.schedule_id])[backfill.schedule_id]
    return 0 if held.waiting else backfill.schedule.max_active - held.active


def freeze(backfill: Backfill, *, now: datetime) -> None:
    """Keep what waits in its own group from starting."""
    _set_width(backfill, 0, now=now)


def unfreeze(backfill: Backfill, *, now: datetime) -> None:
    """Let what waits in its own group start again."""
    _set_width(backfill, backfill.concurrency, now=now)


def _set_width(backfill: Backfill, limit: int, *, now: datetime) -> None:
    if is_apart(backfill):
        kind = backfill.fire_kind
        admission.rebind(backfill.pk, OverlapPolicy.BUFFER_ALL, kind=kind, limit=limit, now=now)


def clear(backfill: Backfill, *, why: str, now: datetime) -> int:
    """Lock the group, end what waits there of the backfill, and return how many they were."""
    group = group_of(backfill)
    executions.lock_groups([group])
    return dropping.drop_waiting([group], why=why, reason="backfill", now=now, kind=backfill.fire_kind)
