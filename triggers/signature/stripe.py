"""Stripe: docs.stripe.com/webhooks, "Verify webhook signatures manually"."""

import secrets
from dataclasses import dataclass

from triggers.signature.errors import InvalidSignature, Reason
from triggers.signature.headers import Headers, encoded, need
from triggers.signature.rules import KEY_BYTES, Claim, Rules

SIGNATURE = "Stripe-Signature"


@dataclass(frozen=True)
class Stripe(Rules):
    """`t=<seconds>,v1=<hex>[,v1=<hex>…]` over `<t>.<body>`; the secret is used as it stands, `whsec_` and all."""

    aliases = ("stripe_v1", "stripe_webhook", "stripe_webhooks")

    def read(self, headers: Headers) -> Claim:
        parts = [part.strip().partition("=") for part in need(headers, SIGNATURE).split(",")]
        times = [value for name, _, value in parts if name == "t"]
        if len(times) != 1:
            raise InvalidSignature(Reason.MALFORMED, f"the header {SIGNATURE} must hold one t=<seconds>")
        # v0 is made for tests with a key that is no secret; whoever counted it could be deceived.
        digests = [encoded(value).lower() for name, _, value in parts if name == "v1"]
        return Claim(candidates=digests, timestamp=times[0])

    def write(self, proof: str, *, claim: Claim) -> dict[str, str]:
        return {SIGNATURE: f"t={claim.timestamp},v1={proof}"}

    def opening(self) -> str:
        return "{timestamp}."

    def new_secret(self) -> str:
        return "whsec_" + secrets.token_urlsafe(KEY_BYTES)
