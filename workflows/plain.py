"""Plain JSON values: what may stand in a definition, an input or a result, and how large it may be."""

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

from workflows.errors import NotPlain

Path: TypeAlias = tuple[str | int, ...]

MAX_DEPTH = 64  # deeper than anything a person writes, far from Python's recursion limit
MAX_ITEMS = 100_000  # values in one document; an alias bomb is stopped while it is counted
MAX_INTEGER = 2**63 - 1  # CEL would turn a larger one into a float


def check_plain(value: Any, *, max_text: int, max_items: int = MAX_ITEMS) -> None:
    """Check that `value` survives JSON, PostgreSQL and CEL unchanged, and is not too large.

    Args:
        max_text: bound on the characters of all texts and keys together.
        max_items: bound on the values, containers included.

    Raises:
        NotPlain: it does not; the error says where and why.
    """
    text = 0
    for items, (path, part) in enumerate(_walk(value), start=1):
        text += len(part) if isinstance(part, str) else 1
        if items > max_items or text > max_text:
            raise NotPlain((), f"too large: over {max_items:,} values or {max_text:,} characters")
        if reason := _fault(part):
            raise NotPlain(path, reason)


def check_text(text: str) -> None:
    """Check that `text` can be stored.

    Raises:
        NotPlain: it cannot; PostgreSQL takes neither U+0000 nor half a surrogate pair.
    """
    if reason := _text_fault(text):
        raise NotPlain((), reason)


def _walk(value: Any) -> Iterator[tuple[Path, Any]]:
    """Yield every value and key below `value` with its path, in document order, without recursion."""
    stack: list[tuple[Path, Any]] = [((), value)]
    while stack:
        path, part = stack.pop()
        if len(path) > MAX_DEPTH:
            raise NotPlain(path[:8], f"nested deeper than {MAX_DEPTH} levels")
        yield path, part
        stack.extend(reversed(list(_children(path, part))))


def _children(path: Path, part: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(part, dict):
        for key, child in part.items():
            yield path, _key(path, key)
            yield (*path, key), child
    elif isinstance(part, list | tuple):
        for index, child in enumerate(part):
            yield (*path, index), child


def _key(path: Path, key: Any) -> str:
    if not isinstance(key, str):
        raise NotPlain(path, f"the key {key!r:.40} is not text; put it in quotes")
    return key


def _fault(value: Any) -> str | None:
    if value is None or isinstance(value, bool | dict | list | tuple):
        return None
    if isinstance(value, str):
        return _text_fault(value)
    if isinstance(value, int):
        return None if abs(value) <= MAX_INTEGER else "an integer beyond 64 bits; send it as text"
    if isinstance(value, float):
        return None if math.isfinite(value) else "NaN and infinity are not JSON"
    return f"a {type(value).__name__} is not a JSON value"


def _text_fault(text: str) -> str | None:
    if "\0" in text:
        return "the character U+0000 cannot be stored"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "half of a surrogate pair is not a character"
    return None
