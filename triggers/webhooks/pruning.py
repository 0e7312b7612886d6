"""Forget deliveries that are old."""

from datetime import datetime, timedelta

from triggers.models import WebhookSecret
from triggers.webhooks import queries

KEEP = timedelta(days=30)
BATCH = 1_000


def prune(*, now: datetime, keep: timedelta = KEEP) -> int:
    """Delete deliveries older than `keep`, a thousand with each statement, and secrets that expired so long ago.

    Safe to repeat, and at the same time: what another one holds is left to it.

    Returns:
        How many deliveries there were.
    """
    pruned = 0
    while count := queries.prune(now - keep, limit=BATCH):
        pruned += count
    WebhookSecret.objects.filter(expires_at__lt=now - keep).delete()
    return pruned
