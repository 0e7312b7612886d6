"""What a definition means: its graph, and what its expressions may read."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from workflows.errors import ExpressionError, Problem, dotted
from workflows.expressions import RESERVED, References, compile_expression
from workflows.inputs import schema_problems
from workflows.steps import BaseStep
from workflows.templates import OPENING, compile_template

Needs: TypeAlias = Mapping[str, Sequence[str]]

_WRITTEN = {"body": "json"}  # attributes that have another name in the document


def problems(inputs: Mapping[str, Any], steps: Sequence[BaseStep]) -> Iterator[Problem]:
    """Yield what is wrong with a definition whose shape is right."""
    yield from schema_problems(inputs)
    found = list(_graph_problems(steps))
    yield from found
    # Without a sound graph nothing can be said about what a step may read.
    upstream = {} if found else {step.id: ancestors(step.id, needs_of(steps)) for step in steps}
    for index, step in enumerate(steps):
        yield from _expression_problems(step, ("steps", index), upstream.get(step.id))


def needs_of(steps: Sequence[BaseStep]) -> Needs:
    """Return the direct needs of each step by its id."""
    return {step.id: step.needs for step in steps}


def ancestors(step_id: str, needs: Needs) -> frozenset[str]:
    """Return every step that has ended when this one starts."""
    found: set[str] = set()
    waiting = list(needs[step_id])
    while waiting:
        need = waiting.pop()
        if need not in found:
            found.add(need)
            waiting.extend(needs[need])
    return frozenset(found)


def _graph_problems(steps: Sequence[BaseStep]) -> Iterator[Problem]:
    counts = Counter(step.id for step in steps)
    for index, step in enumerate(steps):
        if counts[step.id] > 1:
            yield Problem(
                path=f"steps[{index}].id", message=f"{step.id!r} is the id of {counts[step.id]} steps"
            )
        for position, need in enumerate(step.needs):
            if message := _need_fault(step, need, counts):
                yield Problem(path=f"steps[{index}].needs[{position}]", message=message)
    if cycle := find_cycle({step.id: [need for need in step.needs if need in counts] for step in steps}):
        yield Problem(path="steps", message=f"these steps wait for each other: {' → '.join(cycle)}")


def _need_fault(step: BaseStep, need: str, known: Mapping[str, int]) -> str | None:
    if need == step.id:
        return "a step cannot need itself"
    if need not in known:
        return f"there is no step {need!r}"
    return f"{need!r} stands there twice" if step.needs.count(need) > 1 else None


def find_cycle(needs: Needs) -> list[str]:
    """Return the ids along a cycle of two or more steps, the first repeated at the end, or an empty list."""
    left = {step: {need for need in its_needs if need != step} for step, its_needs in needs.items()}
    while free := [step for step, its_needs in left.items() if not its_needs & left.keys()]:
        for step in free:
            del left[step]
    return _walk_back(left) if left else []


def _walk_back(needs: Mapping[str, set[str]]) -> list[str]:
    """Return a cycle in a graph where every step has a need left, so that a walk must come back."""
    trail = [min(needs)]
    while (following := min(needs[trail[-1]] & needs.keys())) not in trail:
        trail.append(following)
    return [*trail[trail.index(following) :], following]


def _expression_problems(
    step: BaseStep, path: tuple[str | int, ...], upstream: frozenset[str] | None
) -> Iterator[Problem]:
    if step.condition is not None:
        condition = step.condition
        yield from _check((*path, "if"), upstream, lambda: _condition_references(condition))
    for name in step.TEMPLATES:
        value = getattr(step, name)
        for where, text in _texts(value, (*path, _WRITTEN.get(name, name))):
            yield from _check(where, upstream, lambda text=text: compile_template(text).references)  # type: ignore[misc]


def _condition_references(condition: str) -> References:
    if OPENING in condition:
        raise ExpressionError(condition, "write the expression bare, without ${{ }}")
    return compile_expression(condition).references()


def _check(
    path: tuple[str | int, ...], upstream: frozenset[str] | None, references: Callable[[], References]
) -> Iterator[Problem]:
    try:
        used = references()
    except ExpressionError as error:
        yield Problem(path=dotted(path), message=str(error))
        return
    for root, key in sorted(used, key=str):
        if root in RESERVED:
            yield Problem(
                path=dotted(path), message=f"nothing gives {root!r} a value yet; read input instead"
            )
        if root == "steps" and upstream is not None and key not in upstream:
            yield Problem(path=dotted(path), message=_reach(key))


def _reach(key: str | None) -> str:
    if key is None:
        return "name the step whose output is meant, as in steps.fetch.output"
    return f"steps.{key} may not have ended when this step starts, or does not exist; add {key!r} to needs"


def _texts(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str) and OPENING in value:
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _texts(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts(child, (*path, index))
