"""The secrets of a webhook: several live at once, so that a sender can change from one to the next."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from events.services import append
from organizations.errors import Unsealable
from organizations.plain import NotPlain, check_text
from organizations.sealing import seal, unseal
from organizations.secrets import HINT_CHARACTERS, HINTED_FROM
from triggers.errors import InvalidTrigger
from triggers.models import Webhook, WebhookSecret
from triggers.models.webhook import WebhookSecrets
from triggers.signature import InvalidSecret, check_secret, new_secret
from triggers.webhooks.errors import LastSecret, NoSuchWebhookSecret
from triggers.webhooks.rows import lock, webhook_event
from workflows.errors import Problem

MOST_LIVE = 5
LONGEST = 1_000  # characters
LONGEST_OVERLAP = timedelta(days=366)


@transaction.atomic
def add_secret(
    webhook: Webhook,
    *,
    by: str,
    now: datetime,
    value: str | None = None,
    expire_others_in: timedelta | None = None,
) -> tuple[WebhookSecret, str]:
    """Give a webhook another secret, made here unless the sender has given one.

    Args:
        expire_others_in: how long the others live on; without it they live until they are taken away.

    Returns:
        The row, and the secret, which cannot be read again.

    Raises:
        InvalidTrigger: it can never prove anything, lives already, or too many do.
    """
    locked = lock(webhook)
    live = WebhookSecret.objects.filter(webhook=locked).live()
    if expire_others_in is not None:
        _expire(live, at=now + expire_others_in)
    if live.count() >= MOST_LIVE:
        problem = f"{MOST_LIVE} live already; delete one of them, or let the others expire"
        raise InvalidTrigger([Problem(path="secret", message=problem)])
    if value is not None and value in _values(live):
        raise InvalidTrigger([Problem(path="secret", message="lives already; give another one")])
    row, secret = keep_secret(locked, value, by=by, now=now)
    append([webhook_event(locked, "secret_added", by=by, now=now)])
    return row, secret


def _values(live: WebhookSecrets) -> Iterator[str]:
    """Yield the secrets that can be read; without its key none can."""
    for sealed in live.values_list("sealed", flat=True):
        with suppress(Unsealable):
            yield unseal(bytes(sealed)).decode()


def _expire(live: WebhookSecrets, *, at: datetime) -> None:
    """Let secrets end at a time, those that end before it when they do."""
    live.exclude(expires_at__lt=at).update(expires_at=at)


def keep_secret(webhook: Webhook, value: str | None, *, by: str, now: datetime) -> tuple[WebhookSecret, str]:
    """Insert a secret, made here where there is none.

    Raises:
        InvalidTrigger: it can never prove anything.
    """
    secret = new_secret(webhook.scheme) if value is None else value
    if problem := secret_problem(webhook.scheme, secret):
        raise InvalidTrigger([Problem(path="secret", message=problem)])
    row = WebhookSecret.objects.create(
        webhook=webhook,
        sealed=seal(secret),
        hint=secret[-HINT_CHARACTERS:] if len(secret) >= HINTED_FROM else "",
        created_by=by,
        created_at=now,
    )
    return row, secret


def secret_problem(scheme: str, secret: str) -> str:
    """Return why a secret cannot be one of a webhook of this scheme, or ""."""
    if not 1 <= len(secret) <= LONGEST:
        return f"write text of 1 to {LONGEST} characters"
    try:
        check_text(secret)
        check_secret(scheme, secret)
    except NotPlain as error:
        return error.reason
    except InvalidSecret as error:
        return str(error).removeprefix(f"{error.field}: ")
    return ""


@transaction.atomic
def expire_secret(webhook: Webhook, secret_id: UUID, *, by: str, now: datetime) -> None:
    """End a secret at once, for good.

    Raises:
        LastSecret: nothing else could prove anything.
        NoSuchWebhookSecret: the webhook has none of this id that lives.
    """
    locked = lock(webhook)
    live = WebhookSecret.objects.filter(webhook=locked).live()
    ids = set(live.values_list("pk", flat=True))
    if secret_id not in ids:
        raise NoSuchWebhookSecret
    if len(ids) == 1:
        raise LastSecret
    live.filter(pk=secret_id).delete()
    append([webhook_event(locked, "secret_removed", by=by, now=now)])
