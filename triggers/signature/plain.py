"""Plain HMAC-SHA256, for senders that follow no published scheme."""

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from triggers.signature.errors import InvalidOption, InvalidSignature, Reason
from triggers.signature.headers import Headers, encoded, find_id, need
from triggers.signature.options import check_names, check_prefix
from triggers.signature.rules import Claim, Rules


class Encoding(StrEnum):
    """How the digest is written."""

    HEX = "hex"
    BASE64 = "base64"


@dataclass(frozen=True, kw_only=True)
class PlainHmac(Rules):
    """`<prefix><digest>` of the body, or of `<timestamp>.<body>`; the id is not signed.

    Attributes:
        encoding: hex or base64; None accepts both.
        timestamp_header: holds unix seconds; None signs no time, so an old delivery can be sent again.
    """

    header: str = "X-Signature"
    encoding: str | None = None
    prefix: str = ""
    id_header: str | None = None
    timestamp_header: str | None = None

    aliases = (
        "hmac_sha256",
        "hmac_sha_256",
        "plain_hmac",
        "plain_hmac_sha256",
        "plain_hmac_sha_256",
        "plain",
    )

    def __post_init__(self) -> None:
        check_names(header=self.header, id_header=self.id_header, timestamp_header=self.timestamp_header)
        check_prefix(self.prefix)
        if self.encoding is not None and self.encoding.lower() not in list(Encoding):
            raise InvalidOption("options.encoding", "write hex or base64, or leave it out to accept both")

    def read(self, headers: Headers) -> Claim:
        signature = need(headers, self.header)
        if not signature.startswith(self.prefix):
            raise InvalidSignature(
                Reason.MALFORMED, f"the header {self.header} does not begin with the prefix"
            )
        digest = encoded(signature.removeprefix(self.prefix))
        return Claim(
            candidates=[
                digest.lower() if encoding is Encoding.HEX else digest for encoding in self._encodings()
            ],
            delivery_id=find_id(headers, self.id_header) if self.id_header else None,
            timestamp=need(headers, self.timestamp_header) if self.timestamp_header else None,
        )

    def write(self, proof: str, *, claim: Claim) -> dict[str, str]:
        headers = {self.header: self.prefix + proof}
        if self.id_header:
            headers[self.id_header] = claim.delivery_id or ""
        if self.timestamp_header:
            headers[self.timestamp_header] = claim.timestamp or ""
        return headers

    def opening(self) -> str:
        return "{timestamp}." if self.timestamp_header else ""

    def proofs(self, key: bytes, signed: bytes, /) -> Sequence[bytes]:
        digest = hmac.digest(key, signed, "sha256")
        written = {Encoding.HEX: digest.hex().encode(), Encoding.BASE64: base64.b64encode(digest)}
        return [written[encoding] for encoding in self._encodings()]

    def _encodings(self) -> list[Encoding]:
        return [Encoding(self.encoding.lower())] if self.encoding else list(Encoding)
