"""Who asks: the webhook that a token names, and the proof that its sender sent the request.

Whoever proves nothing learns nothing: a token that names no webhook is answered,
and worked on, like a signature that is wrong.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from rest_framework.exceptions import Throttled

from organizations import throttling
from organizations.errors import Unsealable
from organizations.sealing import seal, unseal
from triggers.models import Webhook
from triggers.signature import InvalidSignature, Reason, Scheme, verify
from triggers.signature.schemes import rules_of
from triggers.webhooks import queries
from triggers.webhooks.addresses import is_allowed
from triggers.webhooks.errors import Unproven

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,43}")
MAX_FAILURES = 60  # a minute, from one address


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request to a webhook as it came; nothing of it is believed.

    Attributes:
        address: of its sender, or "".
        at: when it came, in seconds since 1970 by this machine's clock, to count it.
    """

    token: str
    address: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    at: float

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")


@dataclass(frozen=True, slots=True)
class Proven:
    """A request that is believed: the webhook that it is for, its id, and when it came by the database's clock."""

    webhook: Webhook
    delivery_id: str | None
    received_at: datetime


def prove(incoming: Incoming) -> Proven:
    """Return whom a request is for, once it has proved who sent it.

    Raises:
        Unproven: it has not, or there is no such webhook.
        Throttled: too many from this address have not.
    """
    place = f"webhook-failures:{incoming.address}"
    door = f"{place}:{hashlib.sha256(incoming.token.encode(errors='replace')).hexdigest()[:16]}"
    # Before any work, and only at the door where it failed: behind a proxy all may have one address.
    _count_failure(door, incoming, amount=0)
    webhook = queries.called(incoming.token) if TOKEN.fullmatch(incoming.token) else None
    try:
        return _proven(webhook, incoming)
    except InvalidSignature as error:
        _work_alike(error.reason, webhook, body=incoming.body)
        for name in (door, place):
            _count_failure(name, incoming)
        raise Unproven(
            webhook_id=webhook.pk if webhook else None,
            organization_id=webhook.organization_id if webhook else None,
            problem=str(error),
        ) from None


def _proven(webhook: Webhook | None, incoming: Incoming) -> Proven:
    if webhook is None:
        raise InvalidSignature(Reason.NO_SECRET, "there is no such webhook")
    now = webhook.read_at
    delivery_id = verify(
        webhook.scheme,
        secrets=_secrets(webhook),
        headers=incoming.headers,
        body=incoming.body,
        now=now.timestamp(),
        tolerance_seconds=webhook.tolerance_seconds,
        options=webhook.options,
    )
    if not is_allowed(incoming.address, webhook.allowed_networks):
        raise InvalidSignature(Reason.MISMATCH, f"the address {incoming.address or '?'} is not allowed")
    return Proven(webhook, delivery_id, now)


def _secrets(webhook: Webhook) -> list[str]:
    try:
        return [unseal(sealed).decode() for sealed in webhook.live_secrets]
    except Unsealable as error:
        raise InvalidSignature(Reason.NO_SECRET, str(error)) from None


def signed_digest(webhook: Webhook, incoming: Incoming) -> str | None:
    """Return a name for what was signed, where that has a time: a literal repetition has the same one.

    Only the time and the body are in it: of the headers a part may be unsigned, and anybody could vary that.
    """
    claim = rules_of(webhook.scheme, options=webhook.options).read(incoming.headers)
    if claim.timestamp is None:
        return None
    return "sha256:" + hashlib.sha256(claim.timestamp.encode() + b"." + incoming.body).hexdigest()


def _work_alike(reason: Reason, webhook: Webhook | None, *, body: bytes) -> None:
    """Do what a failed proof has not needed, so that the time tells nothing."""
    if webhook is None:
        unseal(_sealed())
    if reason is not Reason.MISMATCH or (webhook is not None and webhook.scheme == Scheme.BEARER):
        hmac.digest(b"alike", body, "sha256")


@lru_cache(maxsize=1)
def _sealed() -> bytes:
    return seal("as long as a secret of a webhook is usually")


def _count_failure(name: str, incoming: Incoming, *, amount: int = 1) -> None:
    wait = throttling.allowed(name, limit=MAX_FAILURES, at=incoming.at, amount=amount)
    if wait is not None:
        raise Throttled(wait)
