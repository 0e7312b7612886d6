"""The sender's side, and what an endpoint's settings must hold before a request comes."""

import math
import secrets
from collections.abc import Mapping
from typing import Any

from triggers.signature.errors import InvalidOption, InvalidSecret
from triggers.signature.headers import is_id
from triggers.signature.rules import Claim, Rules
from triggers.signature.schemes import rules_of


def sign(
    scheme: str,
    *,
    secret: str | bytes,
    body: bytes,
    now: float,
    delivery_id: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Return the headers with which a sender would send `body`.

    Args:
        now: unix seconds; the time that is signed.
        delivery_id: the same for every attempt of one delivery; None makes a new one. Stripe and Slack send none.

    Raises:
        InvalidSetting: a scheme, option, secret or id that no receiver would accept.
    """
    rules = rules_of(scheme, options=options)
    key = _key(rules, secret)
    name = "msg_" + secrets.token_hex(16) if delivery_id is None else delivery_id
    if not is_id(name):
        raise InvalidOption("delivery_id", "write up to 255 printable ASCII characters, no space around them")
    claim = Claim(delivery_id=name, timestamp=str(math.floor(now)))
    proof = rules.proofs(key, rules.signed(claim, body=body))[0]
    return rules.write(proof.decode(), claim=claim)


def check_options(scheme: str, options: Mapping[str, Any] | None) -> None:
    """Raise InvalidScheme or InvalidOption for what `verify` would refuse."""
    rules_of(scheme, options=options)


def check_secret(scheme: str, secret: str | bytes) -> None:
    """Raise InvalidSecret for a secret that can never verify, or is so short that it proves nothing."""
    rules = rules_of(scheme, options=None)
    if len(_key(rules, secret)) < rules.shortest:
        raise InvalidSecret(
            "secret", f"too short to prove anything; give the sender one of at least {rules.shortest} bytes"
        )


def new_secret(scheme: str) -> str:
    """Return a fresh secret of 32 random bytes in the form that senders of `scheme` use."""
    return rules_of(scheme, options=None).new_secret()


def _key(rules: Rules, secret: str | bytes) -> bytes:
    key = rules.key(secret)
    if key is None:
        raise InvalidSecret("secret", f"it can never verify; write {rules.expects}, as the sender shows it")
    return key
