"""Where the steps of a definition stand in its document."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from workflows.sections import Section
from workflows.steps import COMPENSATE, BaseStep, Body

if TYPE_CHECKING:
    from workflows.definition import Definition

Path: TypeAlias = tuple[str | int, ...]

LISTS = {Section.MAIN: "steps", Section.ON_FAILURE: "on_failure", Section.ALWAYS: "always"}


@dataclass(frozen=True, slots=True)
class Place:
    """One step, or the body that undoes it, where its author wrote it."""

    body: Body
    step: BaseStep  # the same, or the one that `body` undoes
    section: Section
    path: Path


def listed(definition: "Definition") -> Iterator[tuple[Section, Sequence[BaseStep]]]:
    """Yield the lists of steps in document order."""
    yield Section.MAIN, definition.steps
    yield Section.ON_FAILURE, definition.on_failure
    yield Section.ALWAYS, definition.always


def places(definition: "Definition") -> Iterator[Place]:
    """Yield every step and what undoes it, in document order."""
    for section, steps in listed(definition):
        for index, step in enumerate(steps):
            path = (LISTS[section], index)
            yield Place(step, step, section, path)
            if step.compensate is not None:
                yield Place(step.compensate, step, Section.COMPENSATE, (*path, COMPENSATE))
