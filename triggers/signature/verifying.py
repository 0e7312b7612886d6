"""Believing a request, or not."""

import re
from collections.abc import Iterable, Mapping, Sequence
from hmac import compare_digest
from typing import Any

from triggers.signature.errors import InvalidSignature, Reason
from triggers.signature.headers import Headers
from triggers.signature.rules import Claim, Rules
from triggers.signature.schemes import rules_of

MAX_CANDIDATES = 20  # signatures in one request; a sender that rotates its keys sends two or three
# Neither +, _, white space nor digits of other scripts, all of which int() would take.
_SECONDS = re.compile(r"[0-9]{1,12}")
_BYTES = bytes | bytearray | memoryview  # a database driver may return any of them


def verify(
    scheme: str,
    *,
    secrets: Sequence[str | bytes] | str | bytes,
    headers: Headers,
    body: bytes,
    now: float,
    tolerance_seconds: float = 300,
    options: Mapping[str, Any] | None = None,
) -> str | None:
    """Return the delivery id that the headers carry (or None) when one of `secrets` signed the request.

    Args:
        secrets: all that are live, each as the sender's console shows it, or a raw key as bytes.
        headers: looked up regardless of case.
        body: as it came, before anything parsed it.
        now: unix seconds.
        tolerance_seconds: how far the signed time may lie from `now`, on either side.
        options: what the scheme lets its user choose.

    Raises:
        InvalidSignature: do not believe the request; `reason` says why, for your own record only.
        InvalidScheme, InvalidOption: not the sender's fault; the endpoint's settings are wrong.
    """
    rules = rules_of(scheme, options=options)
    keys = _keys(rules, secrets)
    claim = rules.read(headers)
    _check_count(claim.candidates)
    if claim.timestamp is not None:
        _check_fresh(claim.timestamp, now=now, tolerance_seconds=tolerance_seconds)
    if not _matches(rules, keys, claim=claim, signed=rules.signed(claim, body=body)):
        raise InvalidSignature(Reason.MISMATCH, "no live secret makes any of the signatures")
    return claim.delivery_id


def _keys(rules: Rules, secrets: Iterable[Any]) -> list[bytes]:
    given = [secrets] if isinstance(secrets, str | _BYTES) else secrets
    known = [bytes(secret) if isinstance(secret, _BYTES) else secret for secret in given]
    keys = [rules.key(secret) for secret in known if isinstance(secret, str | bytes)]
    usable = [key for key in keys if key is not None]
    if not usable:
        raise InvalidSignature(Reason.NO_SECRET, "there is no secret that could verify a request")
    return usable


def _check_count(candidates: Sequence[bytes]) -> None:
    if not candidates:
        raise InvalidSignature(Reason.MALFORMED, "there is no signature of a version that counts")
    if len(candidates) > MAX_CANDIDATES:
        raise InvalidSignature(Reason.MALFORMED, f"there are more than {MAX_CANDIDATES} signatures")


def _check_fresh(timestamp: str, *, now: float, tolerance_seconds: float) -> None:
    if not _SECONDS.fullmatch(timestamp):
        raise InvalidSignature(Reason.MALFORMED, "the timestamp is not a number of unix seconds")
    # Written so that a NaN refuses.
    if not abs(now - int(timestamp)) <= tolerance_seconds:
        raise InvalidSignature(
            Reason.STALE, f"the timestamp is not within {tolerance_seconds} s of our clock"
        )


def _matches(rules: Rules, keys: Iterable[bytes], *, claim: Claim, signed: bytes) -> bool:
    # A list and not a generator: the time must not tell which secret, or which signature, was the right one.
    equal = [
        compare_digest(candidate, proof)
        for key in keys
        for proof in rules.proofs(key, signed)
        for candidate in claim.candidates
    ]
    return any(equal)
