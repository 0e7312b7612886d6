"""The input that a trigger or a webhook makes of an event."""

from collections.abc import Mapping
from typing import Any

from triggers.errors import InvalidMapping
from triggers.models import Trigger, Webhook
from triggers.wanted import template_of
from workflows.errors import ExpressionError
from workflows.expression_budget import TRIGGER


def input_of(owner: Trigger | Webhook, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input of the workflow for an event as it is shown; whether it fits the workflow is not looked at.

    Raises:
        InvalidMapping: an expression fails on this event, or what it makes is no object.
    """
    template = template_of(owner)
    if template is None:
        return _usual(owner, event["data"])
    try:
        made = template.render({"event": event}, budget=TRIGGER)
    except ExpressionError as error:
        raise InvalidMapping(str(error), is_expression=True) from None
    if not isinstance(made, dict):
        raise InvalidMapping(f"gives {type(made).__name__}; an input is an object", is_expression=False)
    return made


def _usual(owner: Trigger | Webhook, data: Any) -> dict[str, Any]:
    """Return the input without a mapping: of a chain the output of what ended, else the event's data."""
    if isinstance(owner, Trigger) and owner.after and owner.batch_size is None:
        if owner.is_join:
            return {"outputs": data["outputs"]}
        return _object(data.get("output"), name="output")
    return _object(data, name="data")


def _object(value: Any, *, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    return value if isinstance(value, dict) else {name: value}
