"""Lock a webhook, save it, tell of it: what every change of one begins and ends with."""

from datetime import datetime

from django.db import IntegrityError, transaction

from events.services import NewEvent
from triggers.errors import DuplicateTrigger, StaleTrigger
from triggers.models import Webhook


def lock(webhook: Webhook, *, based_on: int | None = None) -> Webhook:
    """Return the webhook as it is now, locked until the transaction ends; deliveries go on.

    Raises:
        StaleTrigger: its version is not `based_on`.
    """
    rows = Webhook.objects.select_related("workflow").select_for_update(of=("self",), no_key=True)
    locked = rows.get(pk=webhook.pk)
    if based_on not in {None, locked.version}:
        raise StaleTrigger("webhook", version=locked.version, based_on=based_on or 0)
    return locked


def save(webhook: Webhook, **how: object) -> None:
    """Write a webhook.

    Raises:
        DuplicateTrigger: the organization has another one of this name.
    """
    try:
        with transaction.atomic():
            webhook.save(**how)  # type: ignore[arg-type]
    except IntegrityError:
        raise DuplicateTrigger("webhook", webhook.name) from None


def webhook_event(webhook: Webhook, what: str, *, by: str, now: datetime) -> NewEvent:
    """Return the event `webhook.<what>`."""
    return NewEvent(
        organization_id=webhook.organization_id,
        type=f"webhook.{what}",
        at=now,
        workflow_id=webhook.workflow_id,
        data={"webhook": str(webhook.pk), "name": webhook.name, "by": by},
    )
