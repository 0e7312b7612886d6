"""Whether an event is one that a trigger wants, and if not at which condition it fails. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from events.patterns import MISSING, at_path, equal, matches
from events.reserved import OUR_SOURCE
from workflows.errors import ExpressionError
from workflows.expression_budget import TRIGGER
from workflows.expressions import Expression, evaluate

OWN = OUR_SOURCE  # source of the events that Horarium tells itself
MAX_SHOWN = 100  # characters of a value in a verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What must have ended: executions of a workflow, or those that a schedule started, in one of some states."""

    workflow_id: str | None = None
    schedule_id: str | None = None
    states: frozenset[str] = frozenset({"completed"})

    @property
    def path(self) -> str:
        """Return where an event has the id."""
        return "data.workflow_id" if self.workflow_id else "data.schedule_id"

    @property
    def value(self) -> str:
        """Return the id."""
        return self.workflow_id or self.schedule_id or ""

    def is_told_by(self, event: Mapping[str, Any]) -> bool:
        """Return whether an event tells of such an end."""
        return (
            event["source"] == OWN
            and event["type"].removeprefix("workflow.") in self.states
            and at_path(event, self.path) == self.value
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The conditions of a trigger or a webhook; those that are empty hold for every event.

    Attributes:
        target_id: the workflow that it starts. What that does itself is not offered to a trigger that names
            types: it would start itself for ever.
    """

    pattern: str = ""
    source: str = ""
    filters: Mapping[str, Any] = field(default_factory=dict)
    condition: Expression | None = None
    after: Sequence[End] = ()
    target_id: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of holding an event against conditions.

    Attributes:
        failed_at: the condition that does not hold: `type`, `source`, `after`, `filters.<path>`, `condition`.
        detail: what stands there instead.
        place: which of several ends the event tells of.
    """

    failed_at: str = ""
    detail: str = ""
    place: int = 0

    @property
    def matches(self) -> bool:
        """Return whether all conditions hold."""
        return not self.failed_at


def match(wanted: Wanted, event: Mapping[str, Any]) -> Verdict:
    """Hold an event, as it is shown, against conditions in their order: the first that fails decides."""
    place = 0
    if wanted.after:
        found = next((at for at, end in enumerate(wanted.after) if end.is_told_by(event)), None)
        if found is None:
            return Verdict("after", _other_end(wanted, event))
        place = found
    elif problem := _type_problem(wanted, event):
        return Verdict("type", problem)
    if wanted.source and event["source"] != wanted.source:
        return Verdict("source", f"is {_shown(event['source'])}")
    for path, value in wanted.filters.items():
        there = at_path(event, path)
        if there is MISSING or not equal(there, value):
            return Verdict(f"filters.{path}", "is missing" if there is MISSING else f"is {_shown(there)}")
    problem = _condition_problem(wanted.condition, event)
    return Verdict("condition", problem, place) if problem else Verdict(place=place)


def _other_end(wanted: Wanted, event: Mapping[str, Any]) -> str:
    """Return why an event tells of no end that is waited for; ends are told apart by id, not by name."""
    if event["source"] != OWN:
        return f"{event['type']} is sent; only what Horarium tells itself is an end"
    if not any(event["type"].removeprefix("workflow.") in end.states for end in wanted.after):
        return f"{event['type']} is not an end that is waited for"
    ids = ", ".join(
        f"{path} {_shown(at_path(event, path))}" for path in dict.fromkeys(end.path for end in wanted.after)
    )
    return f"{ids.replace(repr(MISSING), 'missing')} is not among those that are waited for"


def _type_problem(wanted: Wanted, event: Mapping[str, Any]) -> str:
    if wanted.pattern and not matches(wanted.pattern, event["type"]):
        return f"is {_shown(event['type'])}"
    is_own = event["source"] == OWN and at_path(event, "data.workflow_id") == wanted.target_id
    return "tells of the trigger's own workflow, which would start itself for ever" if is_own else ""


def _condition_problem(condition: Expression | None, event: Mapping[str, Any]) -> str:
    """Return why a condition does not hold; one that cannot be evaluated on this event does not."""
    if condition is None:
        return ""
    try:
        result = evaluate(condition, {"event": event}, budget=TRIGGER)
    except ExpressionError as error:
        return str(error)
    if result is True:
        return ""
    return "is false" if result is False else f"gives {_shown(result)}; it must be true or false"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
