"""What an expression may read, by where it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workflows.checks.graph import ancestors, needs_of
from workflows.checks.places import Place
from workflows.sections import Section
from workflows.steps import BaseStep

if TYPE_CHECKING:
    from workflows.definition import Definition

EXECUTION = frozenset({"id", "source", "priority", "attempt", "created_at"})
ENDING = frozenset({"state", "error"})  # of the execution: as what it ends, and why
SCHEDULE = frozenset({"id", "fire_at"})
MOST_NAMED = 20  # properties of the input that a message lists

_ANYWHERE = frozenset({"input", "steps", "execution", "schedule"})
_ELSEWHERE = {
    "event": "`event` has a value only in `match` of a wait for an event",
    "item": "`item` has a value only in the fields of a step with `for_each`, not in its `if` or `for_each`",
    "index": "`index` has a value only in the fields of a step with `for_each`, not in its `if` or `for_each`",
    "secrets": "nothing gives 'secrets' a value yet; read input instead",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions at one place may read.

    Attributes:
        steps: ids of the steps that have ended by then; None where the graph is not sound.
        siblings: ids that could be added to `needs`.
        others: ids of the other steps there are.
        inputs: the names that the input may have; None where it may have any.
        extra: variables beside those that have a value everywhere.
    """

    steps: frozenset[str] | None
    siblings: frozenset[str]
    others: frozenset[str]
    inputs: frozenset[str] | None
    execution: frozenset[str] = EXECUTION
    extra: frozenset[str] = frozenset()
    roots: frozenset[str] = _ANYWHERE

    def fault(self, root: str, key: str | None) -> str | None:
        """Return what is wrong with reading `root.key`, or None."""
        if root in _ELSEWHERE:
            return None if root in self.extra else _ELSEWHERE[root]
        if root not in self.roots:
            return f"only {', '.join(sorted(self.roots))} can be read here, not {root!r}"
        if root == "steps":
            return self._step_fault(key)
        known = {"input": self.inputs, "execution": self.execution, "schedule": SCHEDULE}[root]
        if key is None or known is None or key in known:
            return None
        if root == "execution" and key in ENDING:
            return f"execution.{key} is known only in `compensate`, `on_failure` and `always`"
        return f"there is no {root}.{key}; there are {', '.join(sorted(known)[:MOST_NAMED]) or 'none'}"

    def _step_fault(self, key: str | None) -> str | None:
        if key is None:
            return "name the step whose output is meant, as in steps.fetch.output"
        if self.steps is None or key in self.steps:
            return None
        if key in self.siblings:
            return f"steps.{key} may not have ended when this step starts; add {key!r} to needs"
        if key in self.others:
            return f"steps.{key} runs only after this"
        return f"there is no step {key!r}"


class Reach:
    """Scopes of the places in one definition."""

    def __init__(self, definition: "Definition", *, is_sound: bool) -> None:
        self._main = _ids(definition.steps)
        self._on_failure = _ids(definition.on_failure)
        self._always = _ids(definition.always)
        self._is_sound = is_sound
        self._needs = {
            step_id: needs
            for steps in (definition.steps, definition.on_failure, definition.always)
            for step_id, needs in needs_of(steps).items()
        }
        self._inputs = _closed_names(definition.inputs)

    def limit(self) -> Scope:
        """Return the scope of a limit's key: an execution that is not admitted has nothing but its input."""
        return replace(self.output(), roots=frozenset({"input"}))

    def output(self) -> Scope:
        """Return the scope of the execution's output."""
        return self._scope(self._main, siblings=frozenset())

    def step(self, place: Place) -> Scope:
        """Return the scope of a step's `if` and `for_each`, or of all that undoes one."""
        match place.section:
            case Section.MAIN:
                return self._scope(self._before(place), siblings=self._main)
            case Section.ON_FAILURE:
                return self._hook(self._main | self._before(place), siblings=self._on_failure)
            case Section.ALWAYS:
                ended = self._main | self._on_failure | self._before(place)
                return self._hook(ended, siblings=self._always)
            case _:
                return self._hook(self._main, siblings=frozenset())

    def _before(self, place: Place) -> frozenset[str]:
        return ancestors(place.step.id, self._needs) if self._is_sound else frozenset()

    def _hook(self, ended: frozenset[str], *, siblings: frozenset[str]) -> Scope:
        return replace(self._scope(ended, siblings=siblings), execution=EXECUTION | ENDING)

    def _scope(self, ended: frozenset[str], *, siblings: frozenset[str]) -> Scope:
        return Scope(
            steps=ended if self._is_sound else None,
            siblings=siblings,
            others=self._main | self._on_failure | self._always,
            inputs=self._inputs,
        )


def _ids(steps: Sequence[BaseStep]) -> frozenset[str]:
    return frozenset(step.id for step in steps)


def _closed_names(schema: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the only names that an object may have by this schema, or None where it may have others."""
    properties = schema.get("properties", {})
    is_closed = schema.get("additionalProperties") is False and isinstance(properties, dict)
    return frozenset(properties) if is_closed else None
