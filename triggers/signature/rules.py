"""What a scheme has to say for itself: how it reads and writes headers, and what a holder of the key would send."""

import hmac
import secrets
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from triggers.signature.headers import Headers, encoded

KEY_BYTES = 32  # of a new secret; Standard Webhooks asks for 24 to 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the headers claim; nothing of it is believed before a candidate equals what a live secret makes."""

    candidates: Sequence[bytes] = ()
    delivery_id: str | None = None
    timestamp: str | None = None  # as sent; None where the scheme signs no time


class Rules(ABC):
    """One scheme with its options, which are the fields of the subclass (a frozen dataclass of `str | None`)."""

    aliases: ClassVar[Sequence[str]] = ()  # other names people use; lower case, words joined by `_`
    expects: ClassVar[str] = "some text"  # what a secret is
    shortest: ClassVar[int] = 8  # bytes of the key of a secret that may be added; a shorter one is guessed

    @abstractmethod
    def read(self, headers: Headers) -> Claim:
        """Return what `headers` claim, or raise InvalidSignature."""

    @abstractmethod
    def write(self, proof: str, *, claim: Claim) -> dict[str, str]:
        """Return the headers that a sender would send."""

    def opening(self) -> str:
        """Return what is signed before the body, with `{id}` and `{timestamp}` for what the headers claim."""
        return ""

    def proofs(self, key: bytes, signed: bytes, /) -> Sequence[bytes]:
        """Return what a holder of `key` can send for `signed`; what we send ourselves comes first."""
        return [hmac.digest(key, signed, "sha256").hex().encode()]

    def signed(self, claim: Claim, *, body: bytes) -> bytes:
        return self.opening().format(id=claim.delivery_id, timestamp=claim.timestamp).encode() + body

    def key(self, secret: str | bytes) -> bytes | None:
        """Return the key of `secret` as the sender's console shows it; None when it can never verify."""
        key = self.key_of_text(secret) if isinstance(secret, str) else secret
        # HMAC fills a short key up with NUL bytes, so a key of nothing else is the empty key.
        return key if key and key.strip(b"\0 \t\r\n") not in {b"", b"whsec_"} else None

    def key_of_text(self, secret: str) -> bytes | None:
        return encoded(secret)

    def new_secret(self) -> str:
        return secrets.token_urlsafe(KEY_BYTES)
