"""The graph of a section: ids, needs, cycles."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from workflows.checks.places import LISTS, listed
from workflows.errors import Problem
from workflows.steps import BaseStep

if TYPE_CHECKING:
    from workflows.definition import Definition

Needs: TypeAlias = Mapping[str, Sequence[str]]


def graph_problems(definition: "Definition") -> Iterator[Problem]:
    """Yield what is wrong with ids and needs; a step may need only steps of its own section."""
    counts = Counter(step.id for _, steps in listed(definition) for step in steps)
    for section, steps in listed(definition):
        name = LISTS[section]
        here = {step.id for step in steps}
        for index, step in enumerate(steps):
            yield from _step_problems(step, f"{name}[{index}]", counts=counts, here=here)
        if cycle := find_cycle({step.id: [need for need in step.needs if need in here] for step in steps}):
            yield Problem(path=name, message=f"these steps wait for each other: {' → '.join(cycle)}")


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


def _step_problems(
    step: BaseStep, path: str, *, counts: Mapping[str, int], here: set[str]
) -> Iterator[Problem]:
    if counts[step.id] > 1:
        yield Problem(path=f"{path}.id", message=f"{step.id!r} is the id of {counts[step.id]} steps")
    for position, need in enumerate(step.needs):
        if message := _need_fault(step, need, known=counts, here=here):
            yield Problem(path=f"{path}.needs[{position}]", message=message)


def _need_fault(step: BaseStep, need: str, *, known: Mapping[str, int], here: set[str]) -> str | None:
    if need == step.id:
        return "a step cannot need itself"
    if need not in known:
        return f"there is no step {need!r}"
    if need not in here:
        return f"{need!r} is a step of another section, which runs before or after this one anyway"
    return f"{need!r} stands there twice" if step.needs.count(need) > 1 else None
