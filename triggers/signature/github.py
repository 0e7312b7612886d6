"""GitHub: docs.github.com, "Validating webhook deliveries"."""

from dataclasses import dataclass

from triggers.signature.errors import InvalidSignature, Reason
from triggers.signature.headers import Headers, encoded, find_id, need
from triggers.signature.rules import Claim, Rules

SIGNATURE = "X-Hub-Signature-256"
DELIVERY = "X-GitHub-Delivery"


@dataclass(frozen=True)
class GitHub(Rules):
    """One signature of the body, `sha256=<hex>`; neither the time nor the delivery id is signed."""

    aliases = ("github_sha256", "github_webhook", "github_webhooks")

    def read(self, headers: Headers) -> Claim:
        signature = need(headers, SIGNATURE)
        if not signature.startswith("sha256="):
            raise InvalidSignature(Reason.MALFORMED, f"the header {SIGNATURE} does not begin with sha256=")
        digest = encoded(signature.removeprefix("sha256=")).lower()
        return Claim(candidates=[digest], delivery_id=find_id(headers, DELIVERY))

    def write(self, proof: str, *, claim: Claim) -> dict[str, str]:
        return {SIGNATURE: f"sha256={proof}", DELIVERY: claim.delivery_id or ""}
