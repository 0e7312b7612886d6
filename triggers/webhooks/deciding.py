"""What a delivery leads to. Decided before the transaction that does it: expressions run no transaction long."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from executions.errors import LimitReached, NotStartable, QueueFull, TooManyWaiting
from executions.models import Source
from executions.services import Start
from triggers.errors import InvalidMapping
from triggers.inputs import input_of
from triggers.matching import match
from triggers.models import Delivery, Outcome, SkipReason, Webhook
from triggers.reactions import MAX_DEPTH
from triggers.wanted import wanted_of_webhook
from triggers.webhooks import headers
from triggers.webhooks.errors import InvalidDelivery, TooDeep
from workflows.errors import Invalid, Problem

# Why a delivery that is wanted starts nothing: the sender may deliver it again.
REFUSALS = (Invalid, LimitReached, NotStartable, QueueFull, TooDeep, TooManyWaiting)
_REASONS: Mapping[type[Exception], str] = {
    Invalid: SkipReason.INVALID_INPUT,
    LimitReached: SkipReason.LIMIT,
    NotStartable: SkipReason.NOT_STARTABLE,
    QueueFull: "queue_full",
    TooDeep: SkipReason.TOO_DEEP,
    TooManyWaiting: SkipReason.BUFFER_FULL,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a delivery, with the start or the refusal that this means."""

    outcome: Outcome
    reason: str = ""
    detail: str = ""
    start: Start | None = None
    refusal: Exception | None = None


def event_of(delivery: Delivery, *, data: Any) -> dict[str, Any]:
    """Return a delivery as filters, conditions and mappings see it."""
    name = delivery.webhook.name
    return {
        "id": delivery.delivery_id or str(delivery.pk),
        "type": f"webhook.{name}",
        "source": f"/webhooks/{name}",
        "subject": None,
        "time": delivery.received_at.isoformat(),
        "data": data,
        "headers": headers.shown(delivery.headers),
    }


def decide(delivery: Delivery, event: Mapping[str, Any], *, depth: int) -> Decision:
    """Return what a delivery leads to by its webhook's settings."""
    webhook = delivery.webhook
    verdict = match(wanted_of_webhook(webhook), event)
    if not verdict.matches:
        return Decision(Outcome.NOT_MATCHED, verdict.failed_at, verdict.detail)
    if depth > MAX_DEPTH:
        return refused(TooDeep(depth))
    try:
        given = input_of(webhook, event)
    except InvalidMapping as error:
        problem = Problem(path="input", message=str(error).removeprefix("input: "))
        reason = SkipReason.EXPRESSION_FAILED if error.is_expression else SkipReason.INVALID_INPUT
        return refused(InvalidDelivery([problem]), reason=reason)
    return Decision(Outcome.STARTED, start=_start(delivery, webhook, given, depth=depth))


def refused(error: Exception, *, reason: str = "") -> Decision:
    """Return the decision that `error`, one of `REFUSALS`, means."""
    word = reason or next(_REASONS[kind] for kind in type(error).__mro__ if kind in _REASONS)
    return Decision(Outcome.REFUSED, word, str(error)[:2_000], refusal=error)


def _start(delivery: Delivery, webhook: Webhook, given: dict[str, Any], *, depth: int) -> Start:
    # Without an idempotency key: the delivery's row, in the same transaction, is what makes it start once.
    return Start(
        workflow=webhook.workflow,
        source=Source.WEBHOOK,
        input=given,
        priority=webhook.priority,
        queue=webhook.queue,
        by=delivery.replayed_by or f"webhook {webhook.name}",
        trigger_id=webhook.pk,
        depth=depth,
    )
