"""What is allowed in a trigger but may surprise its author."""

from collections.abc import Iterator, Mapping
from typing import Any

from triggers.models import Trigger
from triggers.reactions import MAX_DEPTH
from triggers.services.told import possible_loop
from workflows.errors import Problem
from workflows.services import definition_of


def cautions(trigger: Trigger) -> list[Problem]:
    """Return what to check in a saved trigger; none of it is an error."""
    return [*_of_input(trigger), *_of_loops(trigger)]


def _of_input(trigger: Trigger) -> Iterator[Problem]:
    """Yield where the keys of the mapping are not those that the workflow's inputs take."""
    version_id = trigger.workflow.current_version_id
    if not isinstance(trigger.input, Mapping) or version_id is None:
        return
    schema = definition_of(version_id).inputs
    taken: Mapping[str, Any] = schema.get("properties", {})
    if schema.get("additionalProperties") is False:
        for name in trigger.input.keys() - taken.keys():
            message = f"{trigger.workflow.name} takes no such input and will refuse it; take it out"
            yield Problem(path=f"input.{name}", message=message)
    for name in schema.get("required", ()):
        if name not in trigger.input and not _has_default(taken.get(name)):
            message = f"{trigger.workflow.name} requires it and will not start without it; add it"
            yield Problem(path=f"input.{name}", message=message)


def _has_default(schema: object) -> bool:
    return isinstance(schema, Mapping) and "default" in schema


def _of_loops(trigger: Trigger) -> Iterator[Problem]:
    loop = possible_loop(trigger)
    if loop:
        field = "after" if trigger.after else "type"
        message = (
            f"may start each other without end: {loop}; such a chain is ended after {MAX_DEPTH} starts;"
            " narrow it down by a filter such as data.workflow, or a condition"
        )
        yield Problem(path=field, message=message)
