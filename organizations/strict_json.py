"""Read JSON strictly: only what is stored and read back unchanged. Pure."""

import json
from collections import Counter
from typing import Any, NoReturn

from organizations.plain import check_plain


class NotJSON(ValueError):
    """Bytes that are no JSON text by RFC 8259, or an object that has a key twice; the sender must mend them."""


def read(body: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        NotJSON: bad syntax, a key twice, NaN, not UTF-8, or nested too deep to be read.
        NotPlain: it holds a value that cannot be stored, named by its path.
    """
    try:
        value = loads(body.decode())
    except UnicodeDecodeError:
        raise NotJSON("not UTF-8") from None
    check_plain(value, max_text=len(body))
    return value


def loads(text: str) -> Any:
    """Return the value of a JSON text that a person wrote; whether it can be stored is not looked at.

    Raises:
        NotJSON: bad syntax, a key twice, NaN, or nested too deep to be read.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise NotJSON("nested too deep") from None
    except ValueError as error:
        raise NotJSON(f"not JSON: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        (key, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {ascii(key)[:80]} stands there twice")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
