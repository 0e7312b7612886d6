"""Wake steps that wait for an event: when one is sent, and when somebody forgot to."""

from datetime import datetime
from uuid import UUID

import clock
from events import sending
from executions import engine
from executions.queries import arrivals

BATCH = 500  # steps woken by one statement
MOST = 5_000  # steps that a sender wakes before it goes on; the sweep wakes the others
NOBODY = UUID(int=0)


def offer(organization_id: UUID, type_: str) -> None:
    """Wake the steps that wait for events of this type; each looks for itself whether one is its own.

    Safe to repeat. Called after the commit of an event.
    """
    last = NOBODY
    for _ in range(MOST // BATCH):
        found = arrivals.waiting(organization_id, type_, after=last, limit=BATCH)
        if found:
            engine.wake_waiting(found, now=clock.now())
            last = found[-1]
        if len(found) < BATCH:
            return


def look(step_run_id: UUID, *, now: datetime) -> None:
    """Wake a step that has just begun to wait, if an event came while nobody could see it wait."""
    if arrivals.has_unseen(step_run_id):
        engine.wake_waiting([step_run_id], now=now)


def wake_left_behind(*, now: datetime) -> int:
    """Wake the steps that a process which died, or had too many to wake, has not; return how many."""
    found = arrivals.left_behind(BATCH)
    if found:
        engine.wake_waiting(found, now=now)
    return len(found)


sending.listen(offer)
