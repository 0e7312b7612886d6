"""Receive a delivery: prove, bound, read, decide, and then do it."""

import hashlib
from typing import Any

from django.conf import settings
from rest_framework.exceptions import Throttled
from uuid_utils.compat import uuid7

from events.models import TEXT
from events.patterns import at_path
from organizations import throttling
from triggers import tallies
from triggers.models import Delivery, TriggerState, Webhook
from triggers.tallies import Count
from triggers.webhooks import headers
from triggers.webhooks.challenges import Challenge, challenge_of
from triggers.webhooks.deciding import decide, event_of
from triggers.webhooks.errors import (
    DeliveryTooLarge,
    InvalidDelivery,
    MalformedDelivery,
    Unproven,
    UnsupportedType,
    WebhookGone,
    WebhookPaused,
)
from triggers.webhooks.proof import Incoming, Proven, prove, signed_digest
from triggers.webhooks.reading import media_type_of, read
from triggers.webhooks.taking import Taken, take

ANY = "*/*"


def receive(incoming: Incoming) -> Taken | Challenge:
    """Take a request to a webhook, and start what it leads to. Safe to repeat for a delivery that has an id.

    Nothing but the proof is looked at before it holds. A request by which the
    sender tries the address starts nothing, and is answered as it asks.

    Raises:
        Unproven: there is no such webhook, or the request does not prove who sent it.
        Throttled: more come than may.
        WebhookPaused, DeliveryTooLarge, UnsupportedType, MalformedDelivery, InvalidDelivery: nothing is kept.
        and what `take` raises.
    """
    proven = prove(incoming)
    webhook = proven.webhook
    if webhook.state == TriggerState.PAUSED:
        raise WebhookPaused
    _refuse_too_many(webhook, at=incoming.at)
    try:
        data = _read(webhook, incoming)
    except (DeliveryTooLarge, InvalidDelivery, MalformedDelivery, UnsupportedType) as error:
        # Nothing of it is kept: only here its owner can see what the sender does wrong.
        problem = Count(organization_id=webhook.organization_id, problem=str(error))
        tallies.add({webhook.pk: problem}, now=proven.received_at)
        raise
    if (challenge := challenge_of(webhook.scheme, data)) is not None:
        return challenge
    delivery = _delivery(proven, incoming, data)
    depth = headers.depth_of(delivery.headers)
    decision = decide(delivery, event_of(delivery, data=data), depth=depth)
    try:
        return take(delivery, decision, now=proven.received_at)
    except WebhookGone as error:
        raise Unproven(problem=str(error)) from None


def _refuse_too_many(webhook: Webhook, *, at: float) -> None:
    of_organization = settings.ENVIRONMENT.webhook_deliveries_per_minute
    bounds = {
        f"webhook:{webhook.pk}": webhook.rate_limit,
        f"webhooks:{webhook.organization_id}": of_organization,
    }
    for name, limit in bounds.items():
        if (wait := throttling.allowed(name, limit=limit, at=at)) is not None:
            raise Throttled(wait)


def _read(webhook: Webhook, incoming: Incoming) -> Any:
    """Return what the body says, within what the webhook takes."""
    if len(incoming.body) > webhook.max_body_bytes:
        raise DeliveryTooLarge(webhook.max_body_bytes)
    media_type, allowed = media_type_of(incoming.content_type), webhook.content_types
    if ANY not in allowed and media_type not in allowed:
        raise UnsupportedType(media_type, allowed=allowed)
    return read(incoming.body, content_type=incoming.content_type)


def _delivery(proven: Proven, incoming: Incoming, data: Any) -> Delivery:
    webhook = proven.webhook
    return Delivery(
        id=uuid7(),
        organization_id=webhook.organization_id,
        webhook=webhook,
        delivery_id=_id_of(proven, incoming, data),
        body_hash=hashlib.sha256(incoming.body).hexdigest(),
        received_at=proven.received_at,
        remote_address=incoming.address,
        content_type=headers.text_of(incoming.content_type)[:TEXT],
        headers=headers.kept(incoming.headers, options=webhook.options),
        body=incoming.body,
    )


def _id_of(proven: Proven, incoming: Incoming, data: Any) -> str | None:
    """Return the delivery's id: from a header, from the body, or made of what was signed."""
    if proven.delivery_id:
        return proven.delivery_id
    path = proven.webhook.id_path
    found = at_path({"data": data}, f"data.{path}") if path else None
    if isinstance(found, str | int) and not isinstance(found, bool) and found != "":
        text = str(found)
        return text if len(text) <= TEXT else "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return signed_digest(proven.webhook, incoming)
