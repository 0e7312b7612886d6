"""Every expression of a definition: whether it compiles, and whether it may read what it reads."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workflows.checks.places import Path, Place, places
from workflows.checks.reach import Reach, Scope
from workflows.errors import ExpressionError, Problem, dotted
from workflows.expressions import Expression, compile_expression
from workflows.steps import BaseStep, WaitStep
from workflows.syntax import parts_of_steps
from workflows.templates import OPENING, compile_template

if TYPE_CHECKING:
    from workflows.definition import Definition

STEP_PARTS = frozenset({"output", "state"})

_WRITTEN = {"body": "json"}  # attributes that have another name in the document


def expression_problems(definition: "Definition", *, is_sound: bool) -> Iterator[Problem]:
    """Yield what is wrong with expressions.

    Args:
        is_sound: the graphs are; otherwise nothing can be said about which step may read which.
    """
    reach = Reach(definition, is_sound=is_sound)
    for index, limit in enumerate(definition.limits):
        if limit.key is not None:
            yield from _templates(limit.key, ("limits", index, "key"), scope=reach.limit())
    for place in places(definition):
        yield from _step_problems(place, reach.step(place))
    yield from _templates(definition.output, ("output",), scope=reach.output())


def _step_problems(place: Place, scope: Scope) -> Iterator[Problem]:
    body, inside = place.body, scope
    if isinstance(body, BaseStep):
        yield from _bare(body.condition, (*place.path, "if"), scope=scope)
        if body.for_each is not None:
            yield from _for_each(body, (*place.path, "for_each"), scope=scope)
            inside = replace(scope, extra=frozenset({"item", "index"}))
    for name in body.TEMPLATES:
        yield from _templates(getattr(body, name), (*place.path, _WRITTEN.get(name, name)), scope=inside)
    if isinstance(body, WaitStep) and body.event is not None:
        with_event = replace(inside, extra=inside.extra | {"event"})
        yield from _bare(body.event.match, (*place.path, "event", "match"), scope=with_event)


def _for_each(step: BaseStep, path: Path, *, scope: Scope) -> Iterator[Problem]:
    found = list(_templates(step.for_each, path, scope=scope))
    yield from found
    if not found and step.items_template is not None and step.items_template.is_text:
        yield Problem(path=dotted(path), message="gives a text; write one expression and nothing around it")


def _bare(source: str | None, path: Path, *, scope: Scope) -> Iterator[Problem]:
    if source is None:
        return
    if OPENING in source:
        error = ExpressionError(source, "write the expression bare, without ${{ }}")
        yield Problem(path=dotted(path), message=str(error))
        return
    yield from _check(path, lambda: [compile_expression(source)], scope=scope)


def _templates(value: Any, path: Path, *, scope: Scope) -> Iterator[Problem]:
    for where, text in _texts(value, path):
        yield from _check(where, lambda text=text: compile_template(text).expressions, scope=scope)  # type: ignore[misc]


def _check(path: Path, compiled: Callable[[], Sequence[Expression]], *, scope: Scope) -> Iterator[Problem]:
    try:
        expressions = compiled()
    except ExpressionError as error:
        yield Problem(path=dotted(path), message=str(error))
        return
    used = {reference for expression in expressions for reference in expression.references()}
    parts = {part for expression in expressions for part in parts_of_steps(expression.source)}
    faults = [scope.fault(root, key) for root, key in sorted(used, key=str)]
    faults += [f"a step has no {part!r}; it has output and state" for part in sorted(parts - STEP_PARTS)]
    for message in filter(None, faults):
        yield Problem(path=dotted(path), message=message)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str) and OPENING in value:
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _texts(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts(child, (*path, index))
