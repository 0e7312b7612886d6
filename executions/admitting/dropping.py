"""End executions that wait and will not start, and tell of it."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from events.services import NewEvent, append
from executions import queries
from executions.queries import Dropped

TOO_LATE = {"why": "waited longer than its catch-up window", "reason": "misfire"}


def drop_waiting(groups: Collection[UUID], *, why: str, reason: str, now: datetime, **which: Any) -> int:
    """End what waits in locked groups, tell of it, and return how many it were.

    Args:
        which: of `queries.drop_waiting`.
    """
    return _tell(queries.drop_waiting(groups, why=_not_started(why), now=now, **which), reason, now=now)


def drop(ids: Collection[UUID], *, why: str, reason: str, now: datetime) -> int:
    """End those of these executions that still wait, tell of it, and return how many it were."""
    return _tell(queries.drop_these(ids, why=_not_started(why), now=now), reason, now=now) if ids else 0


def _not_started(why: str) -> str:
    return f"not started: {why}"


def _tell(dropped: Iterable[Dropped], reason: str, *, now: datetime) -> int:
    dropped = list(dropped)
    append(event for one in dropped for event in _told(one, reason=reason, now=now))
    for one in dropped:
        if one.parent_step_id is not None:
            transaction.on_commit(partial(_tell_parent, one.parent_step_id, now=now), robust=True)
    return len(dropped)


def _tell_parent(parent_step_id: UUID, *, now: datetime) -> None:
    from executions.waiting import children

    children.tell_parent(parent_step_id, now=now)


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
