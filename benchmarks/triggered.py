"""Triggers and a webhook, put in directly: ten thousand by the service would take minutes."""

import secrets
from datetime import UTC, datetime

from benchmarks.database import Database
from events.models import Subscription
from events.patterns import digest
from organizations.sealing import seal
from triggers.models import Tally, Trigger, Webhook, WebhookSecret
from triggers.signature import new_secret
from triggers.wanted import CONSUMER
from workflows.models import Workflow

AT_ONCE = 1_000  # rows of an INSERT
UNBOUNDED = 1_000_000_000  # deliveries in a minute: they are counted, and never refused
PATH = "data.customer"


def triggers(database: Database, workflow: Workflow, count: int, *, is_typed: bool) -> None:
    """Let `count` active triggers start a workflow; each event of `senders` is wanted by one of them.

    Args:
        is_typed: each wants a type of its own; else all want one type, each with its value of `data.customer`.
    """
    rows = [_trigger(workflow, place, is_typed=is_typed) for place in range(count)]
    organization_id = workflow.organization_id
    Trigger.objects.bulk_create(rows, AT_ONCE)
    Tally.objects.bulk_create(
        (Tally(owner_id=row.pk, organization_id=organization_id) for row in rows), AT_ONCE
    )
    Subscription.objects.bulk_create(map(_subscription, rows), AT_ONCE)
    database.execute("VACUUM ANALYZE triggers_trigger, triggers_tally, events_subscription")


def _trigger(workflow: Workflow, place: int, *, is_typed: bool) -> Trigger:
    return Trigger(
        organization_id=workflow.organization_id,
        workflow=workflow,
        name=f"bench-{place}",
        pattern=f"bench.type-{place}" if is_typed else "bench.event",
        filters={} if is_typed else {PATH: f"c{place}"},
        created_at=datetime.now(UTC),
    )


def _subscription(trigger: Trigger) -> Subscription:
    value = trigger.filters.get(PATH)
    return Subscription(
        consumer=CONSUMER,
        owner_id=trigger.pk,
        organization_id=trigger.organization_id,
        pattern=trigger.pattern,
        path=PATH if value else "",
        digest=digest(value) if value else 0,
    )


def webhook(workflow: Workflow) -> tuple[str, str]:
    """Return token and secret of a new webhook of the Standard Webhooks scheme."""
    now = datetime.now(UTC)
    row = Webhook.objects.create(
        organization_id=workflow.organization_id,
        workflow=workflow,
        name=f"bench-{secrets.token_hex(4)}",
        token=secrets.token_urlsafe(24),
        rate_limit=UNBOUNDED,
        created_at=now,
    )
    secret = new_secret("standard")
    WebhookSecret.objects.create(webhook=row, sealed=seal(secret), hint=secret[-4:], created_at=now)
    Tally.objects.create(owner_id=row.pk, organization_id=workflow.organization_id)
    return row.token, secret
