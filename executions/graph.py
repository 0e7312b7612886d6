"""The engine's one question: given the states of the steps, what next?

A pure function of the definition and the states: any worker, at any time, any number of times, in any order
of events, gives the same answer to the same states. States are plain text, equal to those of `states.StepState`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from executions.errors import UnknownStep

End: TypeAlias = Literal["completed", "failed", "timed_out", "cancelled"]

PASSED = frozenset({"completed", "skipped"})
FAILED = frozenset({"failed", "timed_out"})
BROKEN = FAILED | {"cancelled"}
OPEN = frozenset({"ready", "running"})


class StepLike(Protocol):
    """What the engine needs to know of a step."""

    @property
    def id(self) -> str: ...
    @property
    def needs(self) -> Sequence[str]: ...


class DefinitionLike(Protocol):
    """What the engine needs to know of a definition: steps with unique ids and without cycles."""

    @property
    def steps(self) -> Sequence[StepLike]: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now. Apply it in one transaction.

    Attributes:
        start: steps to insert as `ready`; their `if` is still to be asked. In the definition's order.
        skip: steps to insert as `skipped`, because a need of theirs was. In the definition's order.
        cancel: `ready` steps to cancel, because another one failed. Where there are any, apply that and ask
            again: a worker may have claimed one meanwhile.
        end: the final state of the execution, or None while there is something to wait for. Never
            `timed_out`, which is for the deadline of the execution.
    """

    start: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    cancel: tuple[str, ...] = ()
    end: End | None = None


def plan(definition: DefinitionLike, states: Mapping[str, str]) -> Plan:
    """Return what follows from `states`.

    A step starts once all its needs have completed, and is skipped once all have ended and at least one was
    skipped. When a step has failed, timed out or was cancelled nothing more starts: what is ready is
    cancelled, what is running ends on its own, and then the execution ends.

    Args:
        states: the state of each step that has a row; a step without one has not been reached.

    Raises:
        UnknownStep: a state belongs to no step of this definition.
    """
    _check_known(definition, states)
    if not BROKEN.isdisjoint(states.values()):
        return _wind_up(definition, states)

    skip = _skipped(definition, states)
    reached = {**states, **dict.fromkeys(skip, "skipped")}
    start = tuple(
        step.id for step in definition.steps if step.id not in reached and _may_start(step, reached)
    )
    ended = all(reached.get(step.id) in PASSED for step in definition.steps)
    return Plan(start=start, skip=skip, end="completed" if ended else None)


def _check_known(definition: DefinitionLike, states: Mapping[str, str]) -> None:
    known = {step.id for step in definition.steps}
    for step_id in states:
        if step_id not in known:
            raise UnknownStep(step_id)


def _wind_up(definition: DefinitionLike, states: Mapping[str, str]) -> Plan:
    cancel = tuple(step.id for step in definition.steps if states.get(step.id) == "ready")
    if not OPEN.isdisjoint(states.values()):
        return Plan(cancel=cancel)
    return Plan(end="cancelled" if FAILED.isdisjoint(states.values()) else "failed")


def _skipped(definition: DefinitionLike, states: Mapping[str, str]) -> tuple[str, ...]:
    """Return the steps to skip, those that follow from other skips included."""
    reached = dict(states)
    while found := [
        step.id for step in definition.steps if step.id not in reached and _must_skip(step, reached)
    ]:
        reached.update(dict.fromkeys(found, "skipped"))
    return tuple(step.id for step in definition.steps if step.id in reached and step.id not in states)


def _must_skip(step: StepLike, states: Mapping[str, str]) -> bool:
    needs = _states_of(step.needs, states)
    return "skipped" in needs and needs <= PASSED


def _may_start(step: StepLike, states: Mapping[str, str]) -> bool:
    return _states_of(step.needs, states) <= {"completed"}


def _states_of(needs: Iterable[str], states: Mapping[str, str]) -> set[str | None]:
    return {states.get(need) for need in needs}
