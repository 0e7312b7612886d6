"""The life cycle of a backfill: one table, one door."""

from datetime import datetime
from typing import Any

from events.services import append
from schedules.errors import IllegalBackfillMove
from schedules.models import Backfill
from schedules.told import schedule_event

State = Backfill.State

MOVES: dict[State, frozenset[State]] = {
    State.RUNNING: frozenset({State.PAUSED, State.CANCELLED, State.COMPLETED}),
    State.PAUSED: frozenset({State.RUNNING, State.CANCELLED}),
    State.CANCELLED: frozenset(),
    State.COMPLETED: frozenset(),
}

FINAL = frozenset(state for state, moves in MOVES.items() if not moves)
TOLD_AS = {State.RUNNING: "resumed", State.PAUSED: "paused"}  # a final state is told by its own name
MAX_REASON = 500  # characters


def lock(backfill: Backfill) -> Backfill:
    """Return the backfill as it is now, with its schedule, locked until the transaction ends."""
    rows = Backfill.objects.select_related("schedule__workflow")
    return rows.select_for_update(of=("self",)).get(pk=backfill.pk)


def move(backfill: Backfill, to: State, *, now: datetime, by: str, reason: str = "") -> None:
    """Move a locked backfill to another state and tell of it.

    Raises:
        IllegalBackfillMove: the life cycle has no such move, or somebody else was faster.
    """
    changes: dict[str, Any] = {
        "state": to,
        "reason": reason[:MAX_REASON],
        "next_at": now if to is State.RUNNING else None,
        "finished_at": now if to in FINAL else None,
    }
    as_read = Backfill.objects.filter(pk=backfill.pk, state=backfill.state)
    if to not in MOVES[State(backfill.state)] or not as_read.update(**changes):
        raise IllegalBackfillMove(state=backfill.state, to=to)
    for name, value in changes.items():
        setattr(backfill, name, value)
    tell(backfill, TOLD_AS.get(to, to.value), now=now, by=by, reason=reason[:300])


def tell(backfill: Backfill, what: str, *, now: datetime, **facts: Any) -> None:
    """Append the event that something became of a backfill."""
    facts = {"backfill_id": str(backfill.pk), **facts}
    append([schedule_event(backfill.schedule, f"schedule.backfill.{what}", now=now, **facts)])
