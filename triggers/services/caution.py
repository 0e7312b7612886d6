"""What is allowed in a trigger or a webhook but may surprise its author."""

from collections.abc import Iterator, Mapping
from typing import Any

from triggers.models import Trigger, Webhook
from triggers.reactions import MAX_DEPTH
from triggers.services.told import possible_loop
from workflows.errors import InvalidInput, Problem
from workflows.inputs import check_value
from workflows.services import definition_of
from workflows.templates import OPENING

# Of a schema: what tells about single properties, whatever else is given.
SINGLE = ("$schema", "$id", "$defs", "definitions", "properties")


def cautions(owner: Trigger | Webhook) -> list[Problem]:
    """Return what to check in a saved trigger or webhook; none of it is an error."""
    loops = _of_loops(owner) if isinstance(owner, Trigger) else ()
    return [*_of_input(owner), *loops]


def _of_input(owner: Trigger | Webhook) -> Iterator[Problem]:
    """Yield where the mapping does not make what the workflow's inputs take."""
    mapping, version_id = owner.input, owner.workflow.current_version_id
    if not isinstance(mapping, Mapping) or version_id is None:
        return
    schema = definition_of(version_id).inputs
    yield from _of_keys(mapping, schema, name=owner.workflow.name)
    yield from _of_constants(mapping, schema, name=owner.workflow.name)


def _of_keys(mapping: Mapping[str, Any], schema: Mapping[str, Any], *, name: str) -> Iterator[Problem]:
    taken: Mapping[str, Any] = schema.get("properties", {})
    if schema.get("additionalProperties") is False:
        for key in mapping.keys() - taken.keys():
            message = f"{name} takes no such input and will refuse it; take it out"
            yield Problem(path=f"input.{key}", message=message)
    for key in schema.get("required", ()):
        if key not in mapping and not _has_default(taken.get(key)):
            message = f"{name} requires it and will not start without it; add it"
            yield Problem(path=f"input.{key}", message=message)


def _has_default(schema: object) -> bool:
    return isinstance(schema, Mapping) and "default" in schema


def _of_constants(mapping: Mapping[str, Any], schema: Mapping[str, Any], *, name: str) -> Iterator[Problem]:
    constants = {key: value for key, value in mapping.items() if not _is_filled(value)}
    part = {keyword: schema[keyword] for keyword in SINGLE if keyword in schema}
    try:
        check_value(part, constants, start="input")
    except InvalidInput as error:
        for problem in (
            one for one in error.errors if one["path"] != "input"
        ):  # which is not of one property
            message = f"{problem['message']}; {name} will refuse it"
            yield Problem(path=problem["path"], message=message)


def _is_filled(value: Any) -> bool:
    """Return whether a part of a mapping holds an expression."""
    if isinstance(value, Mapping):
        return any(_is_filled(part) for part in value.values())
    if isinstance(value, list):
        return any(_is_filled(part) for part in value)
    return isinstance(value, str) and OPENING in value


def _of_loops(trigger: Trigger) -> Iterator[Problem]:
    loop = possible_loop(trigger)
    if loop:
        field = "after" if trigger.after else "type"
        message = (
            f"may start each other without end: {loop}; such a chain is ended after {MAX_DEPTH} starts;"
            " narrow it down by a filter such as data.workflow, or a condition"
        )
        yield Problem(path=field, message=message)
