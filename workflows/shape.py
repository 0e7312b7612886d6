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

_FIELDS = "write fields and their values here, as in {name: value}"
_MESSAGES = {
    "extra_forbidden": "there is no such field here",
    "missing": "is required",
    "model_type": _FIELDS,
    "model_attributes_type": _FIELDS,
    "dict_type": _FIELDS,
}
_CLASSES = "write a status such as 404 or 5xx, or the name of an error's class, such as ReadTimeout"
_PATTERNS = {
    "id": "use lower-case letters, digits and underscores, a letter first, 63 at most",
    "queue": "use letters, digits, dots, hyphens and underscores, a letter or digit first, 63 at most",
    "broker_queue": "use letters, digits, dots, colons, hyphens and underscores",
    "task": "write a task's name: letters, digits, dots, hyphens and underscores, as in shop.charge",
    "workflow": "use lower-case letters, digits, hyphens and underscores, a letter first, 100 at most",
    "retry_on": _CLASSES,
    "never_on": _CLASSES,
}


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
    known = _MESSAGES | {
        "union_tag_not_found": f"is required: {kinds}",
        "union_tag_invalid": f"there is no such kind of step; there are {kinds}",
    }
    if detail["type"] == "string_pattern_mismatch":
        field = next((part for part in reversed(path) if isinstance(part, str)), "")
        known["string_pattern_mismatch"] = _PATTERNS.get(field, "")
    message: str = known.get(detail["type"]) or detail["msg"]
    return message.removeprefix("Value error, ")
