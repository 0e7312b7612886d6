"""Slack: docs.slack.dev, "Verifying requests from Slack", version v0."""

import secrets
from dataclasses import dataclass

from triggers.signature.errors import InvalidSignature, Reason
from triggers.signature.headers import Headers, encoded, need
from triggers.signature.rules import KEY_BYTES, Claim, Rules

SIGNATURE = "X-Slack-Signature"
TIMESTAMP = "X-Slack-Request-Timestamp"


@dataclass(frozen=True)
class Slack(Rules):
    """One signature of `v0:<timestamp>:<body>`, `v0=<hex>`; the headers name no delivery."""

    aliases = ("slack_v0", "slack_webhook", "slack_webhooks")

    def read(self, headers: Headers) -> Claim:
        signature, timestamp = need(headers, SIGNATURE), need(headers, TIMESTAMP)
        if not signature.startswith("v0="):
            raise InvalidSignature(Reason.MALFORMED, f"the header {SIGNATURE} does not begin with v0=")
        digest = encoded(signature.removeprefix("v0=")).lower()
        return Claim(candidates=[digest], timestamp=timestamp)

    def write(self, proof: str, *, claim: Claim) -> dict[str, str]:
        return {TIMESTAMP: claim.timestamp or "", SIGNATURE: f"v0={proof}"}

    def opening(self) -> str:
        return "v0:{timestamp}:"

    def new_secret(self) -> str:
        return secrets.token_hex(KEY_BYTES)
