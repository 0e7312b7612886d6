"""Admit what waits in the groups of limits.

Whoever frees a place, and whoever was made to wait, looks after its commit; what
a process that died did not look for, and what became free by time, the sweep
finds. Only if something may start are locks taken: of all groups of all that
may, in one order.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction

from executions import opening, queries
from executions.admitting import dropping
from executions.admitting.limits.rooms import Waiter, next_in
from executions.admitting.releasing import release_locked
from executions.queries import places

log = structlog.get_logger(__name__)

BATCH = 100  # executions admitted with one commit; each may lock four groups
ROUNDS = 20  # batches of one look; more than this the sweep finds


def look(groups: Collection[UUID], *, now: datetime) -> None:
    """Admit what waits in `groups` and has room in all of its groups; drop what is late. Safe to repeat.

    Call it outside of any transaction that holds a group's lock.
    """
    _let_in(lambda: places.startable(groups, most=BATCH), now=now)


def look_everywhere(*, now: datetime) -> int:
    """Admit whatever waits and has room, in order of arrival; return how many that were, with those dropped as late."""
    return _let_in(lambda: places.startable_anywhere(most=BATCH), now=now)


def _let_in(find: Callable[[], list[Waiter]], *, now: datetime) -> int:
    total = 0
    for _ in range(ROUNDS):
        seen = find()
        admitted = _admit_together(next_in(seen), now=now)
        late = _drop_late(seen, now=now)
        total += len(admitted) + late
        # One that was dropped, or has entered its schedule's group, may have made room for another there.
        goes_on = len(seen) == BATCH or late or any(waiter.group_key for waiter in admitted)
        if not goes_on or not (admitted or late):
            break
    return total


def look_on_commit(ids: Collection[UUID], *, now: datetime) -> None:
    """Look after the commit that makes these executions wait: a place may become free before it."""
    if ids:
        transaction.on_commit(partial(_look_for, ids, now=now), robust=True)


def _look_for(ids: Collection[UUID], *, now: datetime) -> None:
    groups = {group for waiter in places.startable_among(ids) for group in waiter.groups}
    if groups:
        look(groups, now=now)


def _admit_together(chosen: Sequence[Waiter], *, now: datetime) -> list[Waiter]:
    """Admit executions with one commit, or one by one where one of them cannot be started; return which were."""
    if not chosen:
        return []
    try:
        return _admit(chosen, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("batch not admitted; admitting one by one")
    return [one for waiter in chosen for one in _admit_alone(waiter, now=now)]


def _admit_alone(waiter: Waiter, *, now: datetime) -> list[Waiter]:
    try:
        return _admit([waiter], now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("not admitted", execution_id=str(waiter.id))
        return []


@transaction.atomic
def _admit(chosen: Sequence[Waiter], *, now: datetime) -> list[Waiter]:
    queries.lock_groups({group for waiter in chosen for group in waiter.groups})
    still = next_in(places.startable_among([waiter.id for waiter in chosen]))
    if not still:
        return []
    opening.open_admitted(places.admit([waiter.id for waiter in still]), now=now)
    if schedules := {waiter.group_key for waiter in still if waiter.group_key}:
        release_locked(schedules, now=now)
    return still


def _drop_late(seen: Sequence[Waiter], *, now: datetime) -> int:
    late = [waiter.id for waiter in seen if waiter.is_late]
    if not late:
        return 0
    with transaction.atomic():
        return dropping.drop(late, **dropping.TOO_LATE, now=now)
