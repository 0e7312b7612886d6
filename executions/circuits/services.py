"""What people and programs may do to circuits."""

from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, OuterRef

from executions.circuits import breaker, releasing, rows
from executions.circuits.rows import Key
from executions.models import Circuit, StepRun

UNUSED = timedelta(days=1)  # after which a closed circuit's row is dropped; a new failure makes a new one
PRUNE_BATCH = 1_000


def reset(key: Key, *, by: str, now: datetime) -> None:
    """Close a circuit, forget what it has counted, and let go on what waits for it. Safe to repeat."""
    rows.change(key, lambda _: breaker.closed(now=now), by=by, now=now)


def hold_open(key: Key, *, until: datetime | None, by: str, now: datetime) -> None:
    """Stop every call of a target until then, when one probe decides, or until it is reset. Safe to repeat.

    The target need not have been called before. Workers notice within a second; what they have begun ends.
    """
    rows.change(key, partial(breaker.held_open, until=until, now=now), by=by, now=now)


def release_waiting(*, now: datetime) -> int:
    """Let steps go on whose target may be called again: some, or one where it is to be probed.

    A sweep: for those that were put off while the target recovered, or that it had too many of to let them
    go at once. Safe to run at any time.
    """
    return sum(
        releasing.release(
            held.organization_id, held.target, now=now, most=releasing.BATCH if held.is_closed else 1
        )
        for held in releasing.callable_targets(now=now)
    )


def prune(*, now: datetime) -> int:
    """Drop closed circuits that nothing was counted in for long and nothing waits for."""
    waits = StepRun.objects.filter(
        organization_id=OuterRef("organization_id"),
        waits_for="circuit",
        waits_key=OuterRef("target"),
        state="waiting",
    )
    unused = Circuit.objects.filter(~Exists(waits), state=Circuit.State.CLOSED, updated_at__lt=now - UNUSED)
    ids = list(unused.values_list("pk", flat=True)[:PRUNE_BATCH])
    still_unused = Circuit.objects.filter(pk__in=ids, state=Circuit.State.CLOSED, updated_at__lt=now - UNUSED)
    return still_unused.delete()[0]
