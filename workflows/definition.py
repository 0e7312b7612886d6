"""The definition of a workflow: what its author writes, checked before it is saved."""

import json
from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import Annotated, Any

from pydantic import Field, ValidationError

from workflows import checks, reading
from workflows.checks.tasks import TaskRegistry
from workflows.errors import InvalidDefinition, NotPlain, Problem, dotted
from workflows.inputs import check_input
from workflows.limits import Limit
from workflows.plain import check_plain
from workflows.sections import OUTPUT, Section
from workflows.shape import shape_problems
from workflows.steps import (
    ApprovalStep,
    BaseStep,
    CircuitBreaker,
    Deadline,
    EventWait,
    HttpStep,
    Model,
    RemoteTaskStep,
    Retry,
    SetStep,
    Step,
    TaskStep,
    WaitStep,
    WorkflowStep,
    compensation_of,
)

__all__ = [
    "OUTPUT",
    "ApprovalStep",
    "BaseStep",
    "CircuitBreaker",
    "Definition",
    "EventWait",
    "HttpStep",
    "Limit",
    "RemoteTaskStep",
    "Retry",
    "Section",
    "SetStep",
    "Step",
    "TaskStep",
    "WaitStep",
    "WorkflowStep",
    "check_input",
    "definition_schema",
    "load_definition",
    "parse_definition",
]

MAX_STEPS = 100  # of each section
MAX_LIMITS = 3
MAX_PROBLEMS = 100  # a person reads no more at once


class Definition(Model):
    """What a workflow runs: `{"inputs": {JSON Schema}, "steps": [{"id": "fetch", "kind": "http", …}, …]}`."""

    inputs: dict[str, Any] = {}
    """JSON Schema (2020-12) of the input, which is always an object."""
    limits: list[Limit] = Field(default=[], max_length=MAX_LIMITS)
    """How many executions run or start at once; all of them must have room."""
    timeout: Deadline | None = None
    """Of the whole execution, from its start; it ends `timed_out` then."""
    steps: Annotated[list[Step], Field(min_length=1, max_length=MAX_STEPS)]
    on_failure: list[Step] = Field(default=[], max_length=MAX_STEPS)
    """Steps that run after `steps` have ended failed or timed out, and were compensated."""
    always: list[Step] = Field(default=[], max_length=MAX_STEPS)
    """Steps that run last, however the execution ends, unless it is terminated."""
    output: Any = None
    """The execution's output: JSON with `${{ … }}`. Unless given, that of the only step which none needs."""

    def step(self, step_id: str) -> Step:
        """Return the step with this id: of any section, `<id>.compensate`, or `OUTPUT`.

        Raises:
            KeyError: there is none.
        """
        return self.steps_by_id[step_id]

    def section_of(self, step_id: str) -> Section:
        """Return the section of the step with this id.

        Raises:
            KeyError: there is none.
        """
        return self.sections_by_id[step_id]

    def all_steps(self) -> tuple[Step, ...]:
        """Return every step that an execution may run: main, output, compensations, on_failure, always."""
        return tuple(self.steps_by_id.values())

    @cached_property
    def steps_by_id(self) -> dict[str, Step]:
        """Return the steps of all sections by id."""
        return {step.id: step for _, step in self.placed_steps}

    @cached_property
    def undoable(self) -> tuple[str, ...]:
        """Return the ids of the steps that have something to undo them."""
        return tuple(step.id for step in self.steps if step.compensate is not None)

    @cached_property
    def sections_by_id(self) -> dict[str, Section]:
        """Return the section of every step by its id."""
        return {step.id: section for section, step in self.placed_steps}

    @cached_property
    def placed_steps(self) -> tuple[tuple[Section, Step], ...]:
        """Return every step with its section, those included that the author did not write as steps."""
        undoing = [step for step in map(compensation_of, self.steps) if step is not None]
        return (
            *((Section.MAIN, step) for step in self.steps),
            *((Section.OUTPUT, step) for step in self._output_steps()),
            *((Section.COMPENSATE, step) for step in undoing),
            *((Section.ON_FAILURE, step) for step in self.on_failure),
            *((Section.ALWAYS, step) for step in self.always),
        )

    def _output_steps(self) -> list[Step]:
        # Any JSON, while the values of an author's `set` are a mapping; so it is not validated again.
        return (
            []
            if self.output is None
            else [SetStep.model_construct(id=OUTPUT, kind="set", values=self.output)]
        )

    def to_data(self) -> dict[str, Any]:
        """Return the definition as JSON, every default written out, for `load_definition` to read back.

        A stored version so keeps its meaning when a default changes.
        """
        return self.model_dump(mode="json", by_alias=True)


def parse_definition(data: Mapping[str, Any] | str, *, tasks: TaskRegistry | None = None) -> Definition:
    """Return the definition that `data` holds, after every check that can be made without running it.

    Args:
        data: a mapping of plain JSON values, or YAML or JSON text; at most 256 kB.
        tasks: the registered Celery tasks; without them neither names nor arguments of tasks are checked.

    Raises:
        InvalidDefinition: with the problems of the first stage that found any: text, shape, meaning; 100 at most.
    """
    plain = reading.read(data) if isinstance(data, str) else reading.as_mapping(data)
    _check_size(plain)
    definition = load_definition(plain)
    if problems := list(islice(checks.problems(definition, tasks=tasks), MAX_PROBLEMS)):
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
        raise InvalidDefinition(islice(shape_problems(error), MAX_PROBLEMS)) from None


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
