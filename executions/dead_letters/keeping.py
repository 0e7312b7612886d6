"""What of a failed execution its redrive from the failed step keeps. Pure."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from workflows.definition import Section

PASSED = frozenset({"completed", "skipped"})
NOT_UNDONE = frozenset({"cancelled", "skipped"})  # states of a compensation that has not begun


class StepLike(Protocol):
    """What must be known of a step."""

    @property
    def id(self) -> str: ...
    @property
    def needs(self) -> Sequence[str]: ...


def kept(steps: Sequence[StepLike], states: Mapping[str, str]) -> list[str]:
    """Return the steps whose results the new execution takes over, in the definition's order.

    A step that was compensated runs again, and so does what needs it: its effect is no more.

    Args:
        steps: the definition's `steps`.
        states: of all steps of the failed execution, compensations included.
    """
    left = {step.id for step in steps if states.get(step.id) in PASSED and not _is_undone(step.id, states)}
    while lost := {step.id for step in steps if step.id in left and not left.issuperset(step.needs)}:
        left -= lost
    return [step.id for step in steps if step.id in left]


def begun(steps: Sequence[StepLike], states: Mapping[str, str]) -> list[str]:
    """Return the steps that did not end well while all that they need is kept; of a list, its finished items stay."""
    whole = set(kept(steps, states))
    return [
        step.id
        for step in steps
        if step.id in states
        and states[step.id] not in PASSED
        and whole.issuperset(step.needs)
        and not _is_undone(step.id, states)
    ]


def _is_undone(step_id: str, states: Mapping[str, str]) -> bool:
    undoing = states.get(f"{step_id}.{Section.COMPENSATE}")
    return undoing is not None and undoing not in NOT_UNDONE
