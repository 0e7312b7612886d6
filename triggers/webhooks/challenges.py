"""Requests by which a sender tries an address when somebody enters it there. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from triggers.signature import Scheme

MAX_CHALLENGE = 1_000  # characters; Slack sends about fifty


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the sender wants to read in the answer."""

    text: str


def challenge_of(scheme: str, data: Any) -> Challenge | None:
    """Return what a proven request asks to be told again, or None where it is a delivery.

    Source: Slack's Events API, `url_verification`.
    """
    if scheme != Scheme.SLACK or not isinstance(data, Mapping) or data.get("type") != "url_verification":
        return None
    text = data.get("challenge")
    return Challenge(text) if isinstance(text, str) and len(text) <= MAX_CHALLENGE else None
