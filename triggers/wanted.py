"""The conditions of a stored trigger or webhook, compiled, and what to subscribe to for them."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from uuid import UUID

from events import subscriptions
from events.subscriptions import Interest
from executions.states import EXECUTION_FINAL
from triggers.matching import End, Wanted
from triggers.models import Trigger, Webhook
from workflows.expressions import Expression, compile_expression
from workflows.templates import Template, compile_template

CONSUMER = "triggers"
ENDS = frozenset(EXECUTION_FINAL)  # states that an execution may end in, as `after` names them


def wanted_of(trigger: Trigger) -> Wanted:
    """Return the conditions of a trigger."""
    return Wanted(
        pattern=trigger.pattern,
        source=trigger.source,
        filters=trigger.filters,
        condition=compiled(trigger.condition),
        after=tuple(end_of(one) for one in trigger.after),
        target_id=str(trigger.workflow_id),
    )


def wanted_of_webhook(webhook: Webhook) -> Wanted:
    """Return the conditions of a webhook, over its deliveries as events."""
    return Wanted(filters=webhook.filters, condition=compiled(webhook.condition))


def end_of(stored: dict[str, Any]) -> End:
    """Return one entry of `Trigger.after`."""
    return End(
        workflow_id=stored.get("workflow"),
        schedule_id=stored.get("schedule"),
        states=frozenset(stored["states"]),
    )


def compiled(source: str) -> Expression | None:
    """Return an expression, compiled once and kept, or None for an empty one.

    Raises:
        ExpressionError: it does not compile; not after it was checked when the trigger was saved.
    """
    return compile_expression(source) if source else None


def template_of(trigger: Trigger | Webhook) -> Template | None:
    """Return how the input is made, compiled once for each version, or None where it is the event's data."""
    if trigger.input is None:
        return None
    return _template(_Kept(trigger.pk, trigger.version, trigger.input))


class _Kept:
    """A template's source under the name by which it is kept."""

    def __init__(self, owner_id: UUID, version: int, source: Any) -> None:
        self.name = (owner_id, version)
        self.source = source

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and self.name == other.name


@lru_cache(maxsize=4096)
def _template(kept: _Kept) -> Template:
    return compile_template(kept.source)


def interests_of(trigger: Trigger) -> Iterator[Interest]:
    """Yield what to subscribe to, with a condition that can be looked up: a filter, the source or the subject."""
    if trigger.pattern:
        path, value = subscriptions.rarest(
            CONSUMER,
            organization_id=trigger.organization_id,
            pattern=trigger.pattern,
            conditions={**trigger.filters, **({"source": trigger.source} if trigger.source else {})},
        )
        yield Interest(pattern=trigger.pattern, path=path, value=value)
    for end in map(end_of, trigger.after):
        for state in sorted(end.states):
            yield Interest(
                pattern=f"workflow.{state}", path=end.path, value=end.value, subject_id=UUID(end.value)
            )
