"""Discard open dead letters that are too old, or too many; never silently."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from executions.dead_letters.bulk import discard_these
from executions.dead_letters.settling import Resolution
from executions.models import DeadLetter

BATCH = 1_000
ROUNDS = 100  # batches of one sweep and organization; what is left is for the next one
BY = "retention"


def discard_old(*, now: datetime) -> int:
    """Discard what is older than `HORARIUM_DEAD_LETTER_DAYS`, and the oldest beyond `HORARIUM_DEAD_LETTERS_MAX`.

    A sweep. Each gets a note that says why, and each batch an event. Safe to run at any time.
    """
    environment = settings.ENVIRONMENT
    days, most = environment.dead_letter_days, environment.dead_letters_max
    discarded = 0
    for organization_id in _organizations():
        rows = DeadLetter.objects.filter(organization_id=organization_id, resolution=Resolution.OPEN)
        # Index: dead_letter_open.
        old = rows.filter(created_at__lt=now - timedelta(days=days)).order_by("created_at")
        beyond = rows.order_by("-created_at")[most:]
        discarded += _discard(organization_id, old, note=f"open for more than {days} days", now=now)
        discarded += _discard(organization_id, beyond, note=f"more than {most:,} were open", now=now)
    return discarded


def _organizations() -> list[UUID]:
    rows = DeadLetter.objects.filter(resolution=Resolution.OPEN).order_by()
    return list(rows.values_list("organization_id", flat=True).distinct())


def _discard(organization_id: UUID, rows: QuerySet[DeadLetter], *, note: str, now: datetime) -> int:
    total = 0
    for _ in range(ROUNDS):
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        done = discard_these(organization_id, ids, by=BY, note=note, now=now) if ids else 0
        total += done
        if done < BATCH:
            break
    return total
