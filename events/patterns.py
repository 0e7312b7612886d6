"""What a subscription names: patterns of event types, and values within an event. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from events.reserved import reserved_prefix

ANY_SUBJECT = UUID(int=0)  # stands for "whatever it is about": a null could not be found by the index
EVERY = "*"
MAX_PATH = 255  # characters
PATTERN = re.compile(r"\*|[^\s*]+(?:\.\*)?")
PATTERN_HELP = "write a type such as order.created, a prefix such as order.*, or * for all that is sent"

MISSING: Any = object()  # what `at_path` returns where there is nothing; null is a value


def is_pattern(text: str) -> bool:
    """Return whether `text` is a pattern: a type, a prefix that ends in `.*`, or `*`."""
    return PATTERN.fullmatch(text) is not None and text.isprintable()


def patterns_of(type_: str) -> list[str]:
    """Return every pattern that matches a type: itself, each of its prefixes followed by `.*`, and `*`.

    `*` is everything that is sent: what Horarium itself tells has to be named.
    """
    parts = type_.split(".")
    prefixes = [".".join(parts[:count]) + ".*" for count in range(1, len(parts))]
    return [type_, *prefixes] if reserved_prefix(type_) else [type_, *prefixes, EVERY]


def matches(pattern: str, type_: str) -> bool:
    """Return whether a type is of a pattern."""
    if pattern == EVERY:
        return reserved_prefix(type_) is None
    return pattern == type_ or (pattern.endswith(".*") and type_.startswith(pattern[:-1]))


def at_path(event: Any, path: str) -> Any:
    """Return the value at a dotted path such as `data.lines.0.sku`, or MISSING."""
    value = event
    for name in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(name, MISSING)
        elif isinstance(value, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(value):
            value = value[int(name[:9])]
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return value


def equal(left: Any, right: Any) -> bool:
    """Return whether two JSON values are one: 1 is 1.0 and not true."""
    return canonical(left) == canonical(right)


def digest(value: Any) -> int:
    """Return 63 bits that equal values share; few others do."""
    return int.from_bytes(hashlib.blake2b(canonical(value).encode(), digest_size=8).digest()) >> 1


def canonical(value: Any) -> str:
    """Return the one JSON text of a JSON value: keys sorted, whole numbers without fraction."""
    return json.dumps(_whole(value), sort_keys=True, separators=(",", ":"))


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _whole(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(part) for part in value]
    return value
