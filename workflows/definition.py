"""The definition of a workflow: what its author writes, checked before it is saved."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from workflows import checks, reading
from workflows.errors import InvalidDefinition, NotPlain, Problem, dotted
from workflows.inputs import check_input
from workflows.plain import check_plain
from workflows.steps import BaseStep, HttpStep, Model, Retry, SetStep, Step, TaskStep, WaitStep

__all__ = [
    "BaseStep",
    "Definition",
    "HttpStep",
    "Retry",
    "SetStep",
    "Step",
    "TaskStep",
    "WaitStep",
    "check_input",
    "definition_schema",
    "load_definition",
    "parse_definition",
]

MAX_STEPS = 100

_KINDS = "task, http, set, wait"


class Definition(Model):
    """What a workflow runs: `{"inputs": {JSON Schema}, "steps": [{"id": "fetch", "kind": "http", …}, …]}`."""

    inputs: dict[str, Any] = {}
    """JSON Schema (2020-12) of the input, which is always an object."""
    steps: Annotated[list[Step], Field(min_length=1, max_length=MAX_STEPS)]

    def step(self, step_id: str) -> Step:
        """Return the step with this id.

        Raises:
            KeyError: there is none.
        """
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def to_data(self) -> dict[str, Any]:
        """Return the definition as JSON, every default written out, for `load_definition` to read back.

        A stored version so keeps its meaning when a default changes.
        """
        return self.model_dump(mode="json", by_alias=True)


def parse_definition(data: Mapping[str, Any] | str) -> Definition:
    """Return the definition that `data` holds, after every check that can be made without running it.

    Args:
        data: a mapping of plain JSON values, or YAML or JSON text; at most 256 kB.

    Raises:
        InvalidDefinition: with all problems of the first stage that found any: text, shape, meaning.
    """
    plain = reading.read(data) if isinstance(data, str) else reading.as_mapping(data)
    _check_size(plain)
    definition = load_definition(plain)
    if problems := list(checks.problems(definition.inputs, definition.steps)):
        raise InvalidDefinition(problems)
    return definition


def load_definition(data: Mapping[str, Any]) -> Definition:
    """Return a definition that was stored by `to_data`: its shape is checked, its meaning is trusted.

    Raises:
        InvalidDefinition: it does not have the shape.
    """
    try:
        return Definition.model_validate(data)
    except ValidationError as error:
        raise InvalidDefinition(_problems(error)) from None


def definition_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what `parse_definition` accepts, for editors and documentation."""
    return Definition.model_json_schema(by_alias=True)


def _check_size(data: Mapping[str, Any]) -> None:
    try:
        check_plain(data, max_text=reading.MAX_BYTES)
    except NotPlain as error:
        raise InvalidDefinition([Problem(path=dotted(error.path), message=error.reason)]) from None
    if len(json.dumps(data, ensure_ascii=False).encode()) > reading.MAX_BYTES:
        raise InvalidDefinition([Problem(path="", message=reading.TOO_LARGE)])


def _problems(error: ValidationError) -> list[Problem]:
    details = error.errors(include_url=False, include_context=False)
    return [
        Problem(path=_path(detail["loc"], detail["type"]), message=_message(detail)) for detail in details
    ]


def _path(loc: tuple[str | int, ...], kind: str) -> str:
    # Below `steps[2]` Pydantic names the kind of the step, which stands nowhere in the document.
    inside_step = len(loc) > 2 and loc[0] == "steps"
    path = (*loc[:2], *loc[3:]) if inside_step else loc
    return dotted((*path, "kind") if kind.startswith("union_tag") else path)


def _message(detail: Mapping[str, Any]) -> str:
    known = {
        "extra_forbidden": "there is no such field here",
        "missing": "is required",
        "union_tag_not_found": f"is required: {_KINDS}",
        "union_tag_invalid": f"there is no such kind of step; there are {_KINDS}",
    }
    message: str = known.get(detail["type"]) or detail["msg"]
    return message.removeprefix("Value error, ")
