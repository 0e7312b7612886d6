"""What a definition means: its graphs, its expressions, and what it calls."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workflows.checks.expressions import expression_problems
from workflows.checks.fields import field_problems
from workflows.checks.graph import graph_problems
from workflows.checks.tasks import TaskRegistry, task_problems
from workflows.errors import Problem
from workflows.inputs import schema_problems

if TYPE_CHECKING:
    from workflows.definition import Definition

__all__ = ["TaskRegistry", "problems"]


def problems(definition: "Definition", *, tasks: TaskRegistry | None) -> Iterator[Problem]:
    """Yield what is wrong with a definition whose shape is right.

    Args:
        tasks: the registered Celery tasks; without them calls of tasks are not checked.
    """
    yield from schema_problems(definition.inputs)
    yield from field_problems(definition)
    found = list(graph_problems(definition))
    yield from found
    yield from expression_problems(definition, is_sound=not found)
    if tasks is not None:
        yield from task_problems(definition, tasks)
