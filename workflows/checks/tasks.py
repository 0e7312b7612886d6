"""Celery tasks: whether there is one of this name, and whether it takes these arguments."""

import inspect
from collections.abc import Callable, Iterator
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Protocol

from workflows.checks.places import places
from workflows.errors import Problem, dotted
from workflows.steps.task import TaskBody

if TYPE_CHECKING:
    from workflows.definition import Definition

_BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


class TaskRegistry(Protocol):
    """The Celery tasks that the workers of this installation have."""

    def __call__(self, name: str, /) -> Callable[..., Any] | None:
        """Return what a task calls, without the task itself where that is bound; None where there is none."""


def task_problems(definition: "Definition", tasks: TaskRegistry) -> Iterator[Problem]:
    """Yield what is wrong with the calls of tasks."""
    for place in places(definition):
        body = place.body
        if isinstance(body, TaskBody) and not body.external:
            for path, message in _faults(body, tasks(body.task)):
                yield Problem(path=dotted((*place.path, *path)), message=message)


def _faults(body: TaskBody, called: Callable[..., Any] | None) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if called is None:
        yield (
            ("task",),
            (
                f"no task {body.task!r} is registered; name its module in HORARIUM_TASK_MODULES, "
                "or write `external: true` where only the workers have it"
            ),
        )
        return
    try:
        parameters = list(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):  # some functions written in C do not tell
        return
    yield from _surplus(body, parameters)
    yield from _missing(body, parameters)


def _surplus(body: TaskBody, parameters: list[Parameter]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    kinds = {parameter.kind for parameter in parameters}
    positions = [parameter.name for parameter in parameters if parameter.kind in _BY_POSITION]
    names = [parameter.name for parameter in parameters if parameter.kind in _BY_NAME]
    if Parameter.VAR_POSITIONAL not in kinds and len(body.args) > len(positions):
        yield ("args", len(positions)), f"{body.task} takes {len(positions)} arguments by position at most"
    for name in body.kwargs:
        if name in names and name in positions[: len(body.args)]:
            yield ("kwargs", name), f"{body.task} is given {name!r} by `args` already"
        elif name not in names and Parameter.VAR_KEYWORD not in kinds:
            yield (
                ("kwargs", name),
                f"{body.task} has no argument {name!r}; it has {', '.join(names) or 'none'}",
            )


def _missing(body: TaskBody, parameters: list[Parameter]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    given = 0
    for parameter in parameters:
        if parameter.kind in _BY_POSITION and given < len(body.args):
            given += 1
        elif parameter.kind is Parameter.POSITIONAL_ONLY and parameter.default is Parameter.empty:
            yield ("args",), f"{body.task} needs {parameter.name!r}, by position"
        elif (
            parameter.kind in _BY_NAME
            and parameter.default is Parameter.empty
            and parameter.name not in body.kwargs
        ):
            yield ("kwargs",), f"{body.task} needs {parameter.name!r}"
