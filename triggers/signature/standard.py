"""Standard Webhooks 1.0 (standardwebhooks.com), which Svix began: symmetric signatures, version v1."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from standardwebhooks.webhooks import hmac_data

from triggers.signature.headers import Headers, encoded, find, find_id, need
from triggers.signature.rules import KEY_BYTES, Claim, Rules

PREFIX = "whsec_"


@dataclass(frozen=True)
class StandardWebhooks(Rules):
    """Several signatures of `<id>.<timestamp>.<body>`, each `v1,<base64>`; the secret is base64."""

    aliases = ("standard_webhooks", "standard_webhook", "standardwebhooks", "svix")
    expects = "base64, with or without whsec_ before it"

    def read(self, headers: Headers) -> Claim:
        family = (
            "svix" if find(headers, "webhook-signature") is None and find(headers, "svix-id") else "webhook"
        )
        signatures = need(headers, f"{family}-signature").split()
        need(headers, f"{family}-id")
        return Claim(
            # Other versions, such as v1a of an asymmetric key, are for other receivers.
            candidates=[encoded(text[3:]) for text in signatures if text.startswith("v1,")],
            delivery_id=find_id(headers, f"{family}-id"),
            timestamp=need(headers, f"{family}-timestamp"),
        )

    def write(self, proof: str, *, claim: Claim) -> dict[str, str]:
        return {
            "webhook-id": claim.delivery_id or "",
            "webhook-timestamp": claim.timestamp or "",
            "webhook-signature": f"v1,{proof}",
        }

    def opening(self) -> str:
        return "{id}.{timestamp}."

    def proofs(self, key: bytes, signed: bytes, /) -> Sequence[bytes]:
        # The library's `Webhook.sign` takes only text, and writes the timestamp anew before it signs it; this is
        # its calculation, on the bytes as they came.
        return [base64.b64encode(hmac_data(key, signed))]

    def key_of_text(self, secret: str) -> bytes | None:
        # The library drops characters that are not base64 and so signs with another key than the sender's.
        text = secret.strip().removeprefix(PREFIX).rstrip("=")  # some consoles show no padding
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except ValueError:
            return None

    def new_secret(self) -> str:
        return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
