"""End executions in whose place a newer one starts."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from executions import closing, queries
from executions.admitting import dropping
from executions.errors import IllegalMove
from executions.queries import Closed

REPLACED = "a newer start took its place"


def clear(group: UUID, *, at_once: bool, now: datetime) -> None:
    """End what is active and what waits in the locked group of a schedule, in the caller's transaction."""
    dropping.drop_waiting([group], why=REPLACED, reason="overlap", now=now)
    end(queries.group_holders(group), at_once=at_once, by="overlap policy", now=now)


def end(execution_ids: Iterable[UUID], *, at_once: bool, by: str, now: datetime) -> None:
    """End active executions in the caller's transaction, which holds the locks of their group.

    Args:
        at_once: without asking their running code, and without compensation.
    """
    how = closing.terminate if at_once else closing.request_cancel
    for execution_id in sorted(execution_ids):  # the order in which a move of a queue locks them, too
        # One that has ended by itself meanwhile is what was wanted.
        with suppress(IllegalMove):
            closed = how(execution_id, by=by, now=now)
            transaction.on_commit(partial(_pass_on, execution_id, closed, now=now), robust=True)


def _pass_on(execution_id: UUID, closed: Closed, *, now: datetime) -> None:
    from executions import engine
    from executions.waiting import children

    children.cancel_children(execution_id, now=now)
    engine.after_close(closed, now=now)
