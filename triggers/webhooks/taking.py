"""Keep a delivery and do what it leads to, once, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from executions.services import start
from triggers import tallies
from triggers.models import Delivery, Outcome
from triggers.tallies import Count
from triggers.webhooks import queries
from triggers.webhooks.deciding import REFUSALS, Decision, refused
from triggers.webhooks.errors import DeliveryConflict, WebhookGone


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery; `created` is False where that was so before.

    Attributes:
        id: of its row.
        reason: the condition at which it failed.
        execution_id: null where it was not wanted.
    """

    id: UUID
    outcome: Outcome
    reason: str
    execution_id: UUID | None
    created: bool


def take(delivery: Delivery, decision: Decision, *, now: datetime) -> Taken:
    """Keep a delivery with what was decided, and start what that says.

    Of copies that come at once one does it and the others wait for that; a copy
    that comes later is told what became of the first one. One that was refused is
    tried again.

    Raises:
        WebhookGone: it was deleted meanwhile.
        DeliveryConflict: its id came with another body before.
        what `REFUSALS` lists: it starts nothing, which is recorded.
    """
    delivery.outcome, delivery.reason, delivery.detail = decision.outcome, decision.reason, decision.detail
    with transaction.atomic():
        row = queries.take(delivery)
        if row is None:
            raise WebhookGone
        if row.body_hash != delivery.body_hash:
            raise DeliveryConflict(delivery.delivery_id or "")
        if not row.is_new and row.outcome != Outcome.REFUSED:
            return Taken(row.id, Outcome(row.outcome), row.reason, row.execution_id, created=False)
        decision, execution_id = _done(decision, now=now)
        _keep(row, decision, execution_id)
        _count(delivery, decision, execution_id, now=now)
    if decision.refusal is not None:
        raise decision.refusal
    return Taken(row.id, decision.outcome, decision.reason, execution_id, created=True)


def _done(decision: Decision, *, now: datetime) -> tuple[Decision, UUID | None]:
    if decision.start is None:
        return decision, None
    try:
        return decision, start(decision.start, now=now).id
    except REFUSALS as error:  # each is raised before anything is written, or instead of it
        return refused(error), None


def _keep(row: queries.Row, decision: Decision, execution_id: UUID | None) -> None:
    """Write what the row, as it was inserted or as it stood there before, does not say yet."""
    if (row.outcome, row.reason, row.execution_id) == (decision.outcome, decision.reason, execution_id):
        return
    queries.settle(
        row.id,
        outcome=decision.outcome,
        reason=decision.reason,
        detail=decision.detail,
        execution_id=execution_id,
    )


def _count(delivery: Delivery, decision: Decision, execution_id: UUID | None, *, now: datetime) -> None:
    if decision.outcome == Outcome.NOT_MATCHED:
        return
    started = int(execution_id is not None)
    count = Count(
        organization_id=delivery.organization_id,
        matched=1,
        started=started,
        skipped=1 - started,
        execution_id=execution_id,
        problem=f"{decision.reason}: {decision.detail}".removesuffix(": ").removeprefix(": "),
    )
    tallies.add({delivery.webhook_id: count}, now=now)
