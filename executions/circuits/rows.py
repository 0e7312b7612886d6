"""What all workers know of a target: its row, read and changed under its lock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from events.services import NewEvent, append
from executions.circuits import releasing
from executions.circuits.breaker import Standing, State, Tally
from executions.models import Circuit

MAX_ERROR = 500  # characters of `last_error`


@dataclass(frozen=True, slots=True)
class Key:
    """A target of an organization."""

    organization_id: UUID
    target: str


Transition = Callable[[Standing], Standing]


def read(key: Key) -> Standing | None:
    """Return the standing of a target, or None where nothing was ever held against it. Locks nothing."""
    row = Circuit.objects.filter(organization_id=key.organization_id, target=key.target).first()
    return standing_of(row) if row else None


@transaction.atomic
def change(
    key: Key, transition: Transition, *, now: datetime, error: str = "", by: str = ""
) -> tuple[Standing, bool]:
    """Apply `transition` to a target's standing under the lock of its row.

    Of two racing callers the second one's transition is given what the first one left. Tells of every
    opening and closing, and lets go on what has waited for a closing.

    Returns:
        The standing afterwards, and whether it differs from before.
    """
    row = _locked(key, now=now)
    before = standing_of(row)
    after = transition(before)
    if after == before:
        return before, False
    _write(row, after, error=error, now=now)
    if after.state is State.OPEN and before.state is State.CLOSED:
        append([_event(row, "circuit.opened", by=by, now=now)])
    if after.state is State.CLOSED and before.state is not State.CLOSED:
        append([_event(row, "circuit.closed", by=by, now=now)])
        releasing.release(row.organization_id, row.target, now=now)
    return after, True


def standing_of(row: Circuit) -> Standing:
    """Return what a row says."""
    return Standing(
        state=State(row.state),
        tally=Tally(row.successes, row.failures),
        window_started_at=row.window_started_at,
        opened_at=row.opened_at,
        retry_at=row.retry_at,
        probing_until=row.probing_until,
    )


def _locked(key: Key, *, now: datetime) -> Circuit:
    same = Circuit.objects.select_for_update().filter(organization_id=key.organization_id, target=key.target)
    found = same.first()
    if found is not None:
        return found
    new = Circuit(
        organization_id=key.organization_id, target=key.target, window_started_at=now, updated_at=now
    )
    Circuit.objects.bulk_create([new], ignore_conflicts=True)
    return same.get()


def _write(row: Circuit, standing: Standing, *, error: str, now: datetime) -> None:
    row.state = standing.state
    row.successes, row.failures = standing.tally.successes, standing.tally.failures
    row.window_started_at = standing.window_started_at
    row.opened_at, row.retry_at = standing.opened_at, standing.retry_at
    row.probing_until = standing.probing_until
    row.last_error = error[:MAX_ERROR] or row.last_error
    row.updated_at = now
    row.save()


def _event(row: Circuit, type_: str, *, by: str, now: datetime) -> NewEvent:
    facts: dict[str, Any] = {"circuit": str(row.pk), "target": row.target, "by": by}
    if type_ == "circuit.opened":
        retry_at = row.retry_at.isoformat() if row.retry_at else None
        facts |= {"successes": row.successes, "failures": row.failures, "retry_at": retry_at}
    return NewEvent(organization_id=row.organization_id, type=type_, at=now, data=facts)
