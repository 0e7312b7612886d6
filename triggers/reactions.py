"""What the events that a trigger wants lead to: starts, gatherings, skips. Decided before a transaction begins."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid3

from events.patterns import at_path, canonical
from executions.admitting.admission import Admission
from executions.admitting.overlap import OverlapPolicy
from executions.models import Source
from executions.services import Start
from triggers.errors import InvalidMapping
from triggers.inputs import input_of
from triggers.matching import OWN
from triggers.models import SkipReason, Trigger
from triggers.shown import Told
from triggers.skips import Skipped
from triggers.wanted import compiled
from workflows.errors import ExpressionError
from workflows.expression_budget import TRIGGER
from workflows.expressions import evaluate

MAX_DEPTH = 20  # ends and events that may lead to a start, one after the other
MAKE_SECONDS = 5.0  # of the processor, for all inputs of one event: milliseconds unless somebody tries
TOO_LONG = f"the inputs of all triggers took more than {MAKE_SECONDS:g} s together"
MAX_KEY = 100  # characters of a key; a longer one stands there by its hash
FIRE_TIME = "event.data.fire_at"  # what ends are joined by unless `group_key` is given


@dataclass(frozen=True, slots=True)
class Gathered:
    """An event to be gathered; `place` is which of several ends it tells of."""

    trigger: Trigger
    key: str
    told: Told
    place: int
    size: int


@dataclass(slots=True)
class Reactions:
    """Everything that some events lead to. A start stands beside the trigger and the event that it is for."""

    starts: list[tuple[Trigger, Told, Start]] = field(default_factory=list)
    gathered: list[Gathered] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    matched: dict[Trigger, int] = field(default_factory=dict)


def react(told: Told, wanted: Iterable[tuple[Trigger, int]], reactions: Reactions) -> None:
    """Add what triggers make of an event that matches them; each comes with the place of the match."""
    until = time.thread_time() + MAKE_SECONDS
    for trigger, place in wanted:
        reactions.matched[trigger] = reactions.matched.get(trigger, 0) + 1
        try:
            if time.thread_time() > until:
                raise Unfit(SkipReason.TOO_EXPENSIVE, TOO_LONG)  # noqa: TRY301 - as what it calls does
            if trigger.gathers:
                reactions.gathered.append(_gathered(trigger, told, place))
            else:
                name = f"{told.id}"
                reactions.starts.append((trigger, told, start_of(trigger, told, name=name)))
        except Unfit as error:
            reactions.skipped.append(skip_of(trigger, told, error.reason, detail=error.detail))


class Unfit(Exception):
    """An event cannot be what a trigger makes of it; it is skipped, with the reason."""

    def __init__(self, reason: SkipReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def start_of(trigger: Trigger, told: Told, *, name: str) -> Start:
    """Return the start that an event, perhaps a gathered one, leads to. `name` tells it from others of the trigger.

    Raises:
        Unfit: it cannot be started so.
    """
    if told.depth >= MAX_DEPTH:
        raise Unfit(
            SkipReason.TOO_DEEP, f"{told.depth} ends and events led to it, one after the other: a loop?"
        )
    try:
        given = input_of(trigger, told.shown)
        admission = _admission(trigger, told.shown)
    except InvalidMapping as error:
        reason = SkipReason.EXPRESSION_FAILED if error.is_expression else SkipReason.INVALID_INPUT
        raise Unfit(reason, str(error)) from None
    except ExpressionError as error:
        raise Unfit(SkipReason.EXPRESSION_FAILED, str(error)) from None
    return Start(
        workflow=trigger.workflow,
        source=Source.CHAIN if told.shown["source"] == OWN else Source.EVENT,
        input=given,
        fire_at=_fire_at(told.shown),
        idempotency_key=f"trigger:{trigger.pk}:{name}",
        priority=trigger.priority,
        queue=trigger.queue,
        by=f"trigger {trigger.name}",
        admission=admission,
        trigger_id=trigger.pk,
        event_id=told.id or None,
        depth=told.depth + 1,
    )


def skip_of(trigger: Trigger, told: Told, reason: SkipReason, *, detail: str = "", count: int = 1) -> Skipped:
    """Return the record of an event that starts nothing."""
    return Skipped(
        trigger_id=trigger.pk,
        organization_id=trigger.organization_id,
        event_id=told.id,
        reason=reason,
        detail=detail,
        count=count,
    )


def _fire_at(event: Mapping[str, Any]) -> datetime | None:
    """Return the nominal time of what has ended: what follows from it belongs to the same one."""
    if event["source"] != OWN:
        return None
    fire_at = at_path(event, "data.fire_at")
    return datetime.fromisoformat(fire_at) if isinstance(fire_at, str) else None


def _admission(trigger: Trigger, event: Mapping[str, Any]) -> Admission | None:
    policy = OverlapPolicy(trigger.overlap)
    if policy is OverlapPolicy.ALLOW_ALL:
        return None
    value = _evaluated(trigger.concurrency_key, event)
    # A name of another version than that of the groups of limits; see `is_of_limit`.
    return Admission(key=uuid3(trigger.pk, canonical(value)), policy=policy, limit=trigger.concurrency_limit)


def _evaluated(source: str, event: Mapping[str, Any]) -> Any:
    expression = compiled(source)
    return None if expression is None else evaluate(expression, {"event": event}, budget=TRIGGER)


def _gathered(trigger: Trigger, told: Told, place: int) -> Gathered:
    source = trigger.group_key or (FIRE_TIME if trigger.is_join else "")
    try:
        value = _evaluated(source, told.shown)
    except ExpressionError as error:
        raise Unfit(SkipReason.EXPRESSION_FAILED, str(error)) from None
    if value is None and trigger.is_join:
        raise Unfit(SkipReason.NO_KEY, f"{source} is null; ends are joined by it")
    return Gathered(trigger, _key(value), told, place, size=len(canonical(told.shown)))


def _key(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else canonical(value)
    return text if len(text) <= MAX_KEY and text.isprintable() else uuid3(NAMESPACE_OID, text).hex
