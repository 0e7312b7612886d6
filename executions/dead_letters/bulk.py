"""Redrive or discard many dead letters at once, the oldest first."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

from events.services import append
from executions.dead_letters.redriving import redrive
from executions.dead_letters.selection import Filter, narrowed
from executions.dead_letters.settling import Resolution, discarded
from executions.errors import ExecutionError
from executions.models import DeadLetter
from workflows.errors import Invalid

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A dead letter that stayed open."""

    id: UUID
    error: str


@dataclass(slots=True)
class Bulk:
    """What came of it.

    Attributes:
        matched: open dead letters that were meant, before.
        done: those that were redriven or discarded.
        remaining: those that were not looked at; ask again with `next` as `after`.
    """

    matched: int
    done: int = 0
    failed: list[Refusal] = field(default_factory=list)
    remaining: int = 0
    next: UUID | None = None


def redrive_many(
    organization_id: UUID,
    wanted: Filter,
    *,
    by: str,
    now: datetime,
    limit: int,
    from_failed: bool = False,
    after: UUID | None = None,
    dry_run: bool = False,
) -> Bulk:
    """Redrive open dead letters, each with a commit of its own; one that is refused stops no other.

    Safe to repeat: each is redriven once.

    Args:
        after: only later ones than this; `Bulk.next` of the last call.
        dry_run: change nothing; say only how many are meant.
    """
    rows = _open(organization_id, wanted, after=after)
    bulk = Bulk(rows.count())
    chosen = [] if dry_run else list(rows.select_related("execution")[:limit])
    for letter in chosen:
        error = _redrive(letter, by=by, now=now, from_failed=from_failed)
        if error is None:
            bulk.done += 1
        else:
            bulk.failed.append(Refusal(letter.pk, error))
    return _with_rest(bulk, [letter.pk for letter in chosen])


def _redrive(letter: DeadLetter, *, by: str, now: datetime, from_failed: bool) -> str | None:
    try:
        redrive(letter.execution, by=by, now=now, from_failed=from_failed)
    except (ExecutionError, Invalid) as refusal:
        return str(refusal)
    except (OperationalError, InterfaceError):  # nor would the next one fare better
        raise
    except Exception:
        log.exception("redrive failed", dead_letter_id=str(letter.pk))
        return "something is wrong in the server; its log says what"
    return None


def discard_many(
    organization_id: UUID,
    wanted: Filter,
    *,
    by: str,
    now: datetime,
    limit: int,
    note: str = "",
    after: UUID | None = None,
    dry_run: bool = False,
) -> Bulk:
    """Discard open dead letters, all with one commit. Safe to repeat; see `redrive_many`."""
    rows = _open(organization_id, wanted, after=after)
    bulk = Bulk(rows.count())
    chosen = [] if dry_run else list(rows.values_list("pk", flat=True)[:limit])
    bulk.done = discard_these(organization_id, chosen, by=by, note=note, now=now)
    return _with_rest(bulk, chosen)


@transaction.atomic
def discard_these(organization_id: UUID, ids: list[UUID], *, by: str, note: str, now: datetime) -> int:
    """Discard those of `ids` that are still open, and tell of it with one event; return how many they were."""
    still_open = DeadLetter.objects.select_for_update(skip_locked=True).filter(
        pk__in=ids, organization_id=organization_id, resolution=Resolution.OPEN
    )
    held = list(still_open.order_by("pk").values_list("pk", flat=True))
    if not held:
        return 0
    DeadLetter.objects.filter(pk__in=held).update(
        resolution=Resolution.DISCARDED, resolved_by=by, resolved_at=now, note=note
    )
    append([discarded(organization_id, held, by=by, note=note, now=now)])
    return len(held)


def _open(organization_id: UUID, wanted: Filter, *, after: UUID | None) -> QuerySet[DeadLetter]:
    # Ids grow with time.
    still_open: Filter = {**wanted, "resolution": Resolution.OPEN.value}
    rows = narrowed(DeadLetter.objects.order_by("pk"), still_open, organization_id=organization_id)
    return rows if after is None else rows.filter(pk__gt=after)


def _with_rest(bulk: Bulk, looked_at: list[UUID]) -> Bulk:
    bulk.remaining = max(bulk.matched - len(looked_at), 0)
    bulk.next = looked_at[-1] if looked_at and bulk.remaining else None
    return bulk
