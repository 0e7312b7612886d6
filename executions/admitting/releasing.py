"""Give the free places of locked groups of schedules and backfills to what waits there."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from executions import opening, queries
from executions.admitting import dropping

REPEATS = 3  # a close between two statements leaves a place free; more than this the sweep finds


def release_locked(groups: Collection[UUID], *, now: datetime) -> None:
    """Drop what has waited too long in locked groups, admit what has a place, and let the active ones know of the rest.

    What wants places in limits as well is admitted by `limits.letting_in`.
    """
    dropping.drop_waiting(groups, **dropping.TOO_LATE, now=now, only_late=True)
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
