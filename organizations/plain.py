"""Plain JSON values: what can be stored and read back unchanged, and how large it may be. Pure."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]

MAX_DEPTH = 64  # deeper than anything a person writes, far from Python's recursion limit
MAX_ITEMS = 100_000  # values in one document; an alias bomb is stopped while it is counted
MAX_INTEGER = 2**63 - 1  # CEL would turn a larger one into a float
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class NotPlain(ValueError):
    """A value that JSON, PostgreSQL or CEL would refuse or silently change; `path` says where it stands."""

    def __init__(self, path: Sequence[str | int], reason: str) -> None:
        self.path = tuple(path)
        self.reason = reason
        super().__init__(reason)


def check_plain(value: Any, *, max_text: int, max_items: int = MAX_ITEMS) -> None:
    """Check that `value` survives JSON, PostgreSQL and CEL unchanged, and is not too large.

    Args:
        max_text: bound on the characters of all texts and keys together.
        max_items: bound on the values, containers included.

    Raises:
        NotPlain: it does not; the error says where and why.
    """
    if _is_plain(value, max_text=max_text, max_items=max_items):
        return
    text = 0
    for items, (path, part) in enumerate(_walk(value), start=1):
        text += len(part) if isinstance(part, str) else 1
        # The children of a long list are never all listed for nothing.
        is_long = isinstance(part, dict | list) and len(part) > max_items
        if items > max_items or text > max_text or is_long:
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


def dotted(path: Iterable[str | int], *, start: str = "") -> str:
    """Return `path` as people write it: `("steps", 2, "retry")` is `steps[2].retry`."""
    text = start
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{short(part)}"
    return text.removeprefix(".")


def short(text: str) -> str:
    """Return `text`, cut where it is too long for a message."""
    return text if len(text) <= 120 else text[:117] + "…"


def _is_plain(value: Any, *, max_text: int, max_items: int) -> bool:
    """Return True for most of what is plain, ten times as fast as it is found where something is not."""
    level, items, text = [value], 0, 0
    for _ in range(MAX_DEPTH):
        items += len(level)
        below: list[Any] = []
        for part in level:
            if not _is_plain_by_itself(part):
                return False
            text += len(part) if isinstance(part, str) else 1
            if isinstance(part, dict):
                below += part
                below += part.values()
            elif isinstance(part, list):
                below += part
            if items + len(below) > max_items:
                return False
        if not below:
            return text <= max_text
        level = below
    return False


def _is_plain_by_itself(part: Any) -> bool:
    kind = type(part)
    if kind is str:
        return "\0" not in part if part.isascii() else _UNSTORABLE.search(part) is None
    if kind is int:
        return -MAX_INTEGER <= part <= MAX_INTEGER  # type: ignore[no-any-return]
    if kind is float:
        return math.isfinite(part)
    if kind is dict:
        return all(type(key) is str for key in part)
    return part is None or kind is list or kind is bool


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
    if not text.isascii() and _UNSTORABLE.search(text):
        return "half of a surrogate pair is not a character"
    return None
