"""A shared token in a header (RFC 6750), for senders that cannot sign; whoever reads one request can send any."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from triggers.signature.errors import InvalidSignature, Reason
from triggers.signature.headers import Headers, encoded, find_id, need
from triggers.signature.options import check_names
from triggers.signature.rules import Claim, Rules

_TOKEN = re.compile(rb"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


@dataclass(frozen=True, kw_only=True)
class Bearer(Rules):
    """`Authorization: Bearer <token>`, or another header whose whole value is the token."""

    header: str = "Authorization"
    id_header: str | None = None

    aliases = ("bearer_token", "token", "shared_token")
    expects = "ASCII text without spaces around it"
    shortest = 16  # whoever tries needs no key but the token itself

    def __post_init__(self) -> None:
        check_names(header=self.header, id_header=self.id_header)

    def read(self, headers: Headers) -> Claim:
        token = need(headers, self.header)
        if self._is_authorization():
            scheme, _, token = token.partition(" ")
            if scheme.lower() != "bearer":
                raise InvalidSignature(
                    Reason.MALFORMED, f"the header {self.header} does not begin with Bearer"
                )
        return Claim(
            candidates=[encoded(token.lstrip(" "))],
            delivery_id=find_id(headers, self.id_header) if self.id_header else None,
        )

    def write(self, proof: str, *, claim: Claim) -> dict[str, str]:
        headers = {self.header: f"Bearer {proof}" if self._is_authorization() else proof}
        return headers | ({self.id_header: claim.delivery_id or ""} if self.id_header else {})

    def proofs(self, key: bytes, _signed: bytes, /) -> Sequence[bytes]:
        return [key]

    def key(self, secret: str | bytes) -> bytes | None:
        key = super().key(secret)
        return key if key and _TOKEN.fullmatch(key) else None

    def _is_authorization(self) -> bool:
        return self.header.lower() == "authorization"
