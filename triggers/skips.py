"""Record what matched and started nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from triggers.models import Skip, SkipReason

KEEP = timedelta(days=30)
PRUNED_AT_ONCE = 1_000
MOST_ROUNDS = 100  # of one pass: an hour brings more than one of them takes away
MAX_DETAIL = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """One or more events that a trigger wanted and that started nothing, for one reason."""

    trigger_id: UUID
    organization_id: UUID
    event_id: int
    reason: SkipReason
    detail: str = ""
    count: int = 1


def record(skipped: Iterable[Skipped], *, now: datetime) -> None:
    """Insert them: of one trigger and reason one row, with the last event and how many they were."""
    rows: dict[tuple[UUID, SkipReason, str], Skip] = {}
    for one in skipped:
        row = rows.setdefault(
            (one.trigger_id, one.reason, one.detail),
            Skip(
                organization_id=one.organization_id,
                trigger_id=one.trigger_id,
                reason=one.reason,
                detail=one.detail[:MAX_DETAIL],
                count=0,
                at=now,
            ),
        )
        row.event_id, row.count = one.event_id, row.count + one.count
    Skip.objects.bulk_create(rows.values())


def prune(*, now: datetime) -> int:
    """Delete a bounded number of those older than `KEEP`; return how many."""
    old = Skip.objects.filter(at__lt=now - KEEP).order_by("at").values_list("pk", flat=True)
    pruned = 0
    for _ in range(MOST_ROUNDS):
        ids = list(old[:PRUNED_AT_ONCE])
        pruned += Skip.objects.filter(pk__in=ids).delete()[0]
        if len(ids) < PRUNED_AT_ONCE:
            break
    return pruned
