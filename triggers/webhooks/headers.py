"""The headers of a delivery as they are kept and shown: without what opens doors. Pure."""

import re
from collections.abc import Mapping
from typing import Any

MASK = "•••"
DEPTH = "horarium-depth"  # how many executions led to a request of another Horarium, one after the other
MOST = 100
LONGEST = 2_000  # characters of a value
_SECRET = re.compile(r"auth|cookie|token|secret|key|signature|password|credential|session|jwt")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def kept(headers: Mapping[str, str], *, options: Mapping[str, Any]) -> dict[str, str]:
    """Return headers by their names in lower case, in order, values that may prove or open something masked.

    Args:
        options: of the webhook's scheme, which may name the header of the signature.
    """
    proof = str(options.get("header") or "").lower()
    named = sorted((text_of(name).lower(), text_of(value)) for name, value in headers.items())
    return {
        name: MASK if name == proof or _SECRET.search(name) else value[:LONGEST]
        for name, value in named[:MOST]
    }


def shown(headers: Mapping[str, str]) -> dict[str, str]:
    """Return kept headers as filters and mappings see them: without the masked ones."""
    return {name: value for name, value in headers.items() if value != MASK}


def depth_of(headers: Mapping[str, str]) -> int:
    """Return how many executions led to a delivery; what is no number up to 1000 counts as none."""
    text = headers.get(DEPTH, "")
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) and int(text) <= 1_000 else 0


def text_of(given: object) -> str:
    """Return what a server made of a header as text that can be kept."""
    return _UNSTORABLE.sub("\ufffd", str(given))
