"""How two definitions differ: by what they mean, and as text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from workflows.definition import Definition
from workflows.writing import as_written

MAX_LINES = 5_000  # of both texts together; the time to compare texts grows with the square


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; None where a side has none."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """How a definition differs from another.

    Attributes:
        changes: what there was, in its order, then what is new; defaults filled in; steps are matched by their
            ids, as `steps[fetch].timeout`.
        text: a unified diff of the definitions as YAML, without defaults; empty where they are too long for one.
    """

    changes: tuple[Change, ...]
    text: str


def difference(before: Definition, after: Definition, *, names: tuple[str, str]) -> Difference:
    """Return how `after` differs from `before`; `names` head the text."""
    changes = tuple(_changes(_by_id(before.to_data()), _by_id(after.to_data()), path=""))
    old, new = (as_written(one).splitlines(keepends=True) for one in (before, after))
    if len(old) + len(new) > MAX_LINES:
        return Difference(changes, "")
    return Difference(changes, "".join(unified_diff(old, new, *names)))


def _by_id(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with each list of steps as a mapping by id, after the order of the ids."""
    named = dict(data)
    for section in ("steps", "on_failure", "always"):
        steps = named[section]
        named[section] = {f"[{step['id']}]": step for step in steps}
    return named


def _changes(before: Any, after: Any, *, path: str) -> Iterator[Change]:
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before != after:
            yield Change(path, before, after)
        return
    for key in [*before, *(key for key in after if key not in before)]:
        below = path + key if key.startswith("[") else f"{path}.{key}".removeprefix(".")
        yield from _changes(before.get(key), after.get(key), path=below)
