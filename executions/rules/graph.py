"""The engine's one question: given the states of the steps, what next?

A pure function of what it is given: any worker, at any time, any number of times, in any order of events, gives
the same answer to the same states. States are plain text, equal to those of `states.StepState`.

An execution goes through its sections one after the other. The body comes first: `steps` and, once all of them
have passed, the output. Where the body broke, or an end was asked for, what is open ends; then finished steps are
compensated, the last to finish first, and `on_failure` runs unless a person cancelled. `always` comes last.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias

from executions.errors import UnknownStep
from workflows.definition import OUTPUT, Section

__all__ = [
    "BROKEN",
    "FAILED",
    "IDLE",
    "OPEN",
    "OUTPUT",
    "PASSED",
    "DefinitionLike",
    "End",
    "Ending",
    "Plan",
    "plan",
]

End: TypeAlias = Literal["completed", "failed", "timed_out", "cancelled"]
Ending: TypeAlias = Literal["timed_out", "cancelled"]
States: TypeAlias = Mapping[str, str]

PASSED = frozenset({"completed", "skipped"})
FAILED = frozenset({"failed", "timed_out", "ambiguous"})
BROKEN = FAILED | {"cancelled"}
IDLE = frozenset({"ready", "waiting"})  # nobody works on it: it can be cancelled at once
OPEN = IDLE | {"running"}


class StepLike(Protocol):
    """What the engine needs to know of a step. Whether `compensate` is None matters in `steps` only."""

    @property
    def id(self) -> str: ...
    @property
    def needs(self) -> Sequence[str]: ...
    @property
    def compensate(self) -> object: ...


class DefinitionLike(Protocol):
    """What the engine needs to know of a definition: three graphs without cycles, ids unique in all of them."""

    @property
    def steps(self) -> Sequence[StepLike]: ...
    @property
    def on_failure(self) -> Sequence[StepLike]: ...
    @property
    def always(self) -> Sequence[StepLike]: ...
    @property
    def output(self) -> Any: ...
    @property
    def sections_by_id(self) -> Mapping[str, Section]: ...
    def step(self, step_id: str, /) -> StepLike: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now. Apply it in one transaction.

    Attributes:
        start: steps to insert as `ready`; their `if` is still to be asked. In the definition's order.
        skip: steps to insert as `skipped`, because a need of theirs was. In the definition's order.
        cancel: `ready` and `waiting` steps to cancel. Where there are any, apply that and ask again, once: a
            worker may have claimed one meanwhile.
        end: the final state of the execution, or None while there is something to wait for.
        result: how it is about to end, from the end of its body on. A step of `always` that breaks still makes
            `completed` `failed`.
        is_stopping: whether what is open is all that its section still waits for: it is broken, or an end was
            asked for. Items that have not begun are to be ended too.
    """

    start: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    cancel: tuple[str, ...] = ()
    end: End | None = None
    result: End | None = None
    is_stopping: bool = False


@dataclass(frozen=True, slots=True)
class _Section:
    """What follows among the steps of a section, whether all of it has ended, and whether all of it passed."""

    plan: Plan
    is_over: bool
    has_passed: bool


def plan(
    definition: DefinitionLike,
    states: States,
    *,
    finished: Sequence[str] = (),
    ending: Ending | None = None,
) -> Plan:
    """Return what follows from `states`.

    A step starts once all its needs have completed, and is skipped once all have ended and at least one was
    skipped. When a step of a section has failed, timed out, is ambiguous or was cancelled, nothing more of that
    section starts: what nobody works on is cancelled, and what is running ends on its own.

    Args:
        states: the state of each step that has a row; a step without one has not been reached. A waiting step
            that cannot be cancelled at once, such as one whose items or child run, is given as `running`.
        finished: the steps of `steps` with something to compensate, in the order of finishing. Read only where
            the body broke or an end was asked for.
        ending: what was asked for while the body was not over: a cancel, or the end at the deadline.

    Raises:
        UnknownStep: a state, or a finished step, belongs to no step of this definition.
    """
    _check_known(definition, states, finished=finished)
    body = _in_turn(_body(definition, states, is_stopping=ending is not None))
    if not body.is_over:
        return body.plan

    undo = _compensations(definition, finished)
    result = _result(definition, states, undo=undo, ending=ending, has_passed=body.has_passed)
    rest = _in_turn(_rest(definition, states, undo=undo, result=result))

    if result == "completed" and not BROKEN.isdisjoint(_states_of(definition.always, states)):
        result = "failed"
    skip = body.plan.skip + rest.plan.skip
    return replace(rest.plan, skip=skip, end=result if rest.is_over else None, result=result)


def _check_known(definition: DefinitionLike, states: States, *, finished: Iterable[str]) -> None:
    section_of = definition.sections_by_id.get
    for step_id in states:
        if section_of(step_id) is None:
            raise UnknownStep(step_id)
    for step_id in finished:
        if section_of(step_id) is not Section.MAIN:
            raise UnknownStep(step_id)


def _in_turn(sections: Iterable[_Section]) -> _Section:
    """Return the first section that is not over, or else the last one, with the skips of those before it."""
    skip: tuple[str, ...] = ()
    for section in sections:
        skip += section.plan.skip
        if not section.is_over:
            return replace(section, plan=replace(section.plan, skip=skip))
    return replace(section, plan=Plan(skip=skip))


def _body(definition: DefinitionLike, states: States, *, is_stopping: bool) -> Iterator[_Section]:
    steps = _section(definition.steps, states, is_stopping=is_stopping)
    yield steps
    if definition.output is not None:
        is_stopping = is_stopping or not steps.has_passed
        yield _section([definition.step(OUTPUT)], states, is_stopping=is_stopping)


def _rest(
    definition: DefinitionLike, states: States, *, undo: Sequence[str], result: End
) -> Iterator[_Section]:
    # What was asked for after `always` began must not start what comes before it.
    if not _has_begun(definition.always, states):
        if result != "completed":
            yield _compensating(undo, states)
        if result in {"failed", "timed_out"}:
            yield _section(definition.on_failure, states)
    yield _section(definition.always, states)


def _result(
    definition: DefinitionLike,
    states: States,
    *,
    undo: Sequence[str],
    ending: Ending | None,
    has_passed: bool,
) -> End:
    if has_passed and (ending is None or _is_too_late(definition, states, undo=undo, ending=ending)):
        return "completed"
    if ending == "timed_out":
        return ending
    if _has_begun(definition.on_failure, states):  # a cancel comes too late for what it tells of
        return "failed"

    states_of_body = {states.get(OUTPUT), *_states_of(definition.steps, states)}
    return "cancelled" if ending or FAILED.isdisjoint(states_of_body) else "failed"


def _is_too_late(definition: DefinitionLike, states: States, *, undo: Sequence[str], ending: Ending) -> bool:
    """Return whether `always` is all that an end can still lead to, now that the whole body has passed.

    States do not tell whether the end was asked for before `always` began or after. So one that leaves nothing
    to do but `always` counts in neither case: all steps of `always` then see the same result.
    """
    if not definition.always:
        return False
    told = definition.on_failure if ending == "timed_out" else ()
    before = [*undo, *(step.id for step in told)]
    return not before or (_has_begun(definition.always, states) and states.keys().isdisjoint(before))


def _compensations(definition: DefinitionLike, finished: Sequence[str]) -> list[str]:
    undoable = {step.id for step in definition.steps if step.compensate is not None} if finished else ()
    return [f"{step_id}.{Section.COMPENSATE}" for step_id in reversed(finished) if step_id in undoable]


def _compensating(undo: Iterable[str], states: States) -> _Section:
    """Return what follows among compensations: one at a time, and none stops the others."""
    for step_id in undo:
        state = states.get(step_id)
        if state is None or state in OPEN:
            return _Section(Plan(start=() if state else (step_id,)), is_over=False, has_passed=False)
    return _Section(Plan(), is_over=True, has_passed=True)


def _section(steps: Sequence[StepLike], states: States, *, is_stopping: bool = False) -> _Section:
    own = _states_of(steps, states)
    if is_stopping or not BROKEN.isdisjoint(own):
        return _stopping(steps, states)

    skip = _skipped(steps, states) if "skipped" in own and None in own else ()
    reached = {**states, **dict.fromkeys(skip, "skipped")} if skip else states
    start = tuple(step.id for step in steps if step.id not in reached and _may_start(step, reached))
    has_passed = _states_of(steps, reached) <= PASSED
    return _Section(Plan(start=start, skip=skip), is_over=has_passed, has_passed=has_passed)


def _stopping(steps: Sequence[StepLike], states: States) -> _Section:
    own = _states_of(steps, states)
    cancel = tuple(step.id for step in steps if states.get(step.id) in IDLE)
    stopping = Plan(cancel=cancel, is_stopping=True)
    return _Section(stopping, is_over=OPEN.isdisjoint(own), has_passed=own <= PASSED)


def _skipped(steps: Sequence[StepLike], states: States) -> tuple[str, ...]:
    """Return the steps to skip, those that follow from other skips included; linear, whatever the order of steps."""
    unreached = [step for step in steps if step.id not in states]
    missing = {step.id: sum(states.get(need) not in PASSED for need in step.needs) for step in unreached}
    needed_by: defaultdict[str, list[str]] = defaultdict(list)
    for step in unreached:
        for need in step.needs:
            needed_by[need].append(step.id)

    found = [step.id for step in unreached if not missing[step.id] and _needs_skipped(step, states)]
    for step_id in found:  # grows on the way
        for dependent in needed_by[step_id]:
            missing[dependent] -= 1
            if not missing[dependent]:
                found.append(dependent)
    follow = set(found)
    return tuple(step.id for step in unreached if step.id in follow)


def _needs_skipped(step: StepLike, states: States) -> bool:
    return any(states.get(need) == "skipped" for need in step.needs)


def _may_start(step: StepLike, states: States) -> bool:
    return all(states.get(need) == "completed" for need in step.needs)


def _has_begun(steps: Sequence[StepLike], states: States) -> bool:
    return any(step.id in states for step in steps)


def _states_of(steps: Sequence[StepLike], states: States) -> set[str | None]:
    return {states.get(step.id) for step in steps}
