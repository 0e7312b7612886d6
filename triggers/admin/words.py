"""What a trigger waits for, in a sentence."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from events.patterns import EVERY
from organizations.display import words
from triggers.models import Trigger, Webhook
from triggers.wanted import ENDS
from workflows.duration import format_duration

GONE = "something that is gone"


def waits_for(trigger: Trigger, names: Mapping[str, str]) -> str:
    """Return what starts a trigger: `order.* from /shop where data.kind = "new"`.

    Args:
        names: of the workflows and schedules in `after`, by their ids as text.
    """
    if trigger.after:
        ends = " and ".join(end(one, names) for one in trigger.after)
        return f"after {ends}{_where(trigger)}"
    what = "any event that is sent" if trigger.pattern == EVERY else trigger.pattern
    source = f" from {trigger.source}" if trigger.source else ""
    return f"{what}{source}{_where(trigger)}"


def end(stored: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return one entry of `Trigger.after`: `extract has completed`."""
    kind = "workflow" if "workflow" in stored else "schedule"
    name = names.get(stored[kind], GONE)
    states = set(stored["states"])
    how = "ended" if states == ENDS else " or ".join(words(state) for state in sorted(states))
    return f"{name if kind == 'workflow' else f'schedule {name}'} has {how.replace('cancelled', 'been cancelled')}"


def wanted_deliveries(webhook: Webhook) -> str:
    """Return which deliveries a webhook starts its workflow for."""
    return f"each delivery{_where(webhook)}"


def gathered(trigger: Trigger) -> str:
    """Return how matches are put together before they start anything, or ""."""
    if trigger.debounce is not None:
        longest = f", {format_duration(trigger.debounce_max)} at most" if trigger.debounce_max else ""
        return f"the last of a burst, once nothing came for {format_duration(trigger.debounce)}{longest}"
    if trigger.batch_size is not None and trigger.batch_window is not None:
        return f"{trigger.batch_size} together, or fewer after {format_duration(trigger.batch_window)}"
    if trigger.is_join:
        return f"the first end waits {format_duration(trigger.join_window)} for the others"
    return ""


def _where(owner: Trigger | Webhook) -> str:
    conditions = [*_filters(owner.filters), *([owner.condition] if owner.condition else [])]
    return f" where {' and '.join(conditions)}" if conditions else ""


def _filters(filters: Mapping[str, Any]) -> Iterable[str]:
    return (f"{path} = {json.dumps(value, ensure_ascii=False)}" for path, value in filters.items())
