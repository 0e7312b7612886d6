"""What Pydantic says of a definition's shape, in the words and with the paths of its author."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from workflows.errors import Problem, dotted
from workflows.steps import KINDS, UNDOING

# After an entry of these lists, and after these fields, Pydantic names the member of a union, which stands
# nowhere in the document.
_TAGGED_LISTS = ("steps", "on_failure", "always")
_TAGGED_FIELDS = ("compensate", "circuit_breaker")


def shape_problems(error: ValidationError) -> Iterator[Problem]:
    """Yield what is wrong, in document order."""
    for detail in error.errors(include_url=False, include_context=False):
        path = _written(detail["loc"])
        if detail["type"].startswith("union_tag"):
            path = (*path, "kind")
        yield Problem(path=dotted(path), message=_message(detail, path))


def _written(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    if len(loc) < 3 or loc[0] not in _TAGGED_LISTS:
        return loc
    section, index, _kind, *rest = loc
    if len(rest) > 1 and rest[0] in _TAGGED_FIELDS:
        del rest[1]
    if rest[:1] == ["compensate"] and rest[1:2] == ["circuit_breaker"]:
        del rest[2:3]
    return (section, index, *rest)


def _message(detail: Mapping[str, Any], path: tuple[str | int, ...]) -> str:
    kinds = ", ".join(UNDOING if "compensate" in path else KINDS)
    known = {
        "extra_forbidden": "there is no such field here",
        "missing": "is required",
        "union_tag_not_found": f"is required: {kinds}",
        "union_tag_invalid": f"there is no such kind of step; there are {kinds}",
    }
    message: str = known.get(detail["type"]) or detail["msg"]
    return message.removeprefix("Value error, ")
