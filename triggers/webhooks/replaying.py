"""Replay a delivery that was kept, by hand."""

from datetime import datetime
from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

from triggers.models import Delivery
from triggers.webhooks.deciding import decide, event_of
from triggers.webhooks.reading import read
from triggers.webhooks.taking import Taken, take


def replay(delivery: Delivery, *, by: str, now: datetime, key: str | None = None) -> Taken:
    """Run a delivery through its webhook's settings as they are now, as a new one; also while it is paused.

    Args:
        key: names the request: the same one replays the same delivery once.

    Raises:
        InvalidDelivery, MalformedDelivery: the body is not what its content type says.
        and what `take` raises.
    """
    made = _copy(delivery, id_=uuid5(delivery.pk, key) if key else uuid7(), by=by, now=now)
    data = read(bytes(delivery.body), content_type=delivery.content_type)
    # A person begins anew: what led to the delivery once does not count.
    decision = decide(made, event_of(made, data=data), depth=0)
    return take(made, decision, now=now)


def _copy(delivery: Delivery, *, id_: UUID, by: str, now: datetime) -> Delivery:
    kept = ("organization_id", "webhook", "delivery_id", "body_hash", "remote_address", "content_type")
    return Delivery(
        **{name: getattr(delivery, name) for name in kept},
        id=id_,
        received_at=now,
        headers=delivery.headers,
        body=bytes(delivery.body),
        replay_of_id=delivery.pk,
        replayed_by=by[:150],
    )
