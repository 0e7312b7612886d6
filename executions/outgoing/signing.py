"""Sign what is sent as Standard Webhooks asks, so that the receiver knows who sent it. Pure."""

import base64
import binascii
from datetime import UTC, datetime

from standardwebhooks import Webhook

from workflows.steps.http import SIGNATURE

PREFIX = "whsec_"


class InvalidSigningKey(ValueError):
    """A secret that cannot sign; its author must store it as the receiver shows it. Never shows the value."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the secret {name!r} must be {PREFIX} and a key in base64, as the receiver shows it"
        )


def signed(body: bytes, *, name: str, secret: bytes, message_id: str, now: datetime) -> dict[str, str]:
    """Return the three headers that sign `body`, which must be sent as it is.

    Source: Standard Webhooks 1.0.0. The identifier must hold no full stop there, so that the parts of what is
    signed cannot be shifted; a colon takes its place.

    Args:
        name: of the secret, for the error.
        secret: as its receiver shows it, `whsec_…`.
        now: aware; the receiver refuses what is too old.

    Raises:
        InvalidSigningKey: the secret is no such key.
    """
    key = Webhook(_key(secret, name=name))
    identifier = message_id.replace(".", ":")
    at = now.astimezone(UTC)
    signature = key.sign(msg_id=identifier, timestamp=at, data=body.decode())
    return dict(zip(SIGNATURE, (identifier, str(int(at.timestamp())), signature), strict=True))


def _key(secret: bytes, *, name: str) -> bytes:
    # The library leaves out characters that are not base64 and would sign with another key.
    text = secret.strip().removeprefix(PREFIX.encode())
    try:
        key = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise InvalidSigningKey(name) from None
    if not key:
        raise InvalidSigningKey(name)
    return key
