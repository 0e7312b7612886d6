"""Create, change, pause, resume and delete webhooks."""

import secrets
from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction

from events.patterns import equal
from events.services import append
from organizations.models import Organization
from triggers import tallies
from triggers.models import WEBHOOK_SETTINGS, Delivery, Tally, TriggerState, Webhook
from triggers.webhooks.rows import lock, save, webhook_event
from triggers.webhooks.secrets import keep_secret
from triggers.webhooks.validation import check, check_scheme_change

TOKEN_BYTES = 24  # 32 characters, which nobody guesses
_JSON = frozenset({"options", "content_types", "allowed_networks", "filters", "input"})  # there 1 is not true


@transaction.atomic
def create(
    organization: Organization, *, now: datetime, by: str = "", secret: str | None = None, **settings: Any
) -> tuple[Webhook, str]:
    """Create an active webhook with its first secret.

    Args:
        secret: as the sender's console shows it; without it one is made here.
        settings: columns of `WEBHOOK_SETTINGS`; those left out have their defaults.

    Returns:
        The webhook, and the secret, which cannot be read again.

    Raises:
        InvalidTrigger: naming each field that is wrong; nothing is created.
        DuplicateTrigger: the organization has a webhook of this name.
    """
    webhook = Webhook(
        organization=organization,
        created_by=by,
        created_at=now,
        token=secrets.token_urlsafe(TOKEN_BYTES),
        **_known(settings),
    )
    check(webhook, secret=secret)
    save(webhook, force_insert=True)
    _, shown = keep_secret(webhook, secret, by=by, now=now)
    append([webhook_event(webhook, "created", by=by, now=now)])
    tallies.begin(webhook.pk, organization_id=organization.pk, now=now)
    return webhook, shown


@transaction.atomic
def change(
    webhook: Webhook, *, now: datetime, by: str = "", based_on: int | None = None, **settings: Any
) -> Webhook:
    """Change settings, for deliveries that come from now on. What changes nothing is no new version.

    Raises:
        InvalidTrigger: naming each field that is wrong; nothing is changed.
        StaleTrigger: somebody else changed it since `based_on`.
        DuplicateTrigger: the organization has a webhook of this name.
    """
    locked = lock(webhook, based_on=based_on)
    as_read = copy(locked)
    for name, value in _known(settings).items():
        setattr(locked, name, value)
    check(locked)
    if all(_same(as_read, locked, name) for name in WEBHOOK_SETTINGS):
        return locked
    if as_read.scheme != locked.scheme:
        check_scheme_change(locked)
    locked.version += 1
    save(locked, update_fields=[*WEBHOOK_SETTINGS, "version", "updated_at"])
    append([webhook_event(locked, "changed", by=by, now=now)])
    return locked


def _known(settings: Mapping[str, Any]) -> dict[str, Any]:
    unknown = settings.keys() - set(WEBHOOK_SETTINGS)
    if unknown:
        raise TypeError(f"not settings of a webhook: {', '.join(sorted(unknown))}")
    return dict(settings)


def _same(one: Webhook, other: Webhook, name: str) -> bool:
    left, right = getattr(one, name), getattr(other, name)
    return equal(left, right) if name in _JSON else left == right


def pause(webhook: Webhook, *, by: str, now: datetime, based_on: int | None = None) -> Webhook:
    """Refuse deliveries, with 403, until it is resumed. Of a paused one nothing changes.

    Raises:
        StaleTrigger: its version is not `based_on`.
    """
    return _put(webhook, TriggerState.PAUSED, what="paused", by=by, now=now, based_on=based_on)


def resume(webhook: Webhook, *, by: str, now: datetime, based_on: int | None = None) -> Webhook:
    """Take deliveries again. Of an active one nothing changes.

    Raises:
        StaleTrigger: its version is not `based_on`.
    """
    return _put(webhook, TriggerState.ACTIVE, what="resumed", by=by, now=now, based_on=based_on)


@transaction.atomic
def _put(
    webhook: Webhook, state: TriggerState, *, what: str, by: str, now: datetime, based_on: int | None
) -> Webhook:
    locked = lock(webhook, based_on=based_on)
    if locked.state != state:
        locked.state = state
        locked.save(update_fields=["state", "updated_at"])
        append([webhook_event(locked, what, by=by, now=now)])
    return locked


@transaction.atomic
def delete(webhook: Webhook, *, by: str, now: datetime, based_on: int | None = None) -> None:
    """Delete a webhook with its secrets, counters and deliveries; its executions stay, and name its id.

    Raises:
        StaleTrigger: its version is not `based_on`.
    """
    locked = lock(webhook, based_on=based_on)
    append([webhook_event(locked, "deleted", by=by, now=now)])
    Tally.objects.filter(owner_id=locked.pk).delete()
    Delivery.objects.filter(webhook=locked).delete()
    locked.delete()
