"""Pass on what has been committed: to those who wait for a place, for a child or for an event.

A process may die before it; the sweeps repeat it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import structlog
from django.db import Error, connection

from executions.admitting import admission
from executions.queries import Closed

log = structlog.get_logger(__name__)


def after_close(closed: Closed, *, now: datetime) -> None:
    """Let others in where an execution has left its place, and tell its parent; nothing where it has not closed."""
    if closed.freed:
        admission.let_others_in(closed.freed, now=now)
    if closed.parent_step_id is not None:
        from executions.waiting import children

        with _left_to_the_sweeps(step_run_id=closed.parent_step_id):
            children.tell_parent(closed.parent_step_id, now=now)


def look_again(step_run_id: UUID, waits_for: str, *, now: datetime) -> None:
    """Look for what may have happened between a step's look and its row's becoming one that waits."""
    from executions.waiting import children, event_waits

    with _left_to_the_sweeps(step_run_id=step_run_id):
        if waits_for == "execution":
            children.tell_parent(step_run_id, now=now)
        elif waits_for == "event":
            event_waits.look(step_run_id, now=now)


@contextmanager
def _left_to_the_sweeps(*, step_run_id: UUID) -> Iterator[None]:
    """Put off what the database refuses: the finish is done, and its worker holds what it has claimed."""
    try:
        yield
    except Error as error:
        log.warning("passing on put off", step_run_id=str(step_run_id), error=str(error))
        connection.close_if_unusable_or_obsolete()
