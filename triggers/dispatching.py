"""Hand events of the log to the triggers that want them.

An event is dealt with in one transaction: its row in the queue of events is
deleted with the starts, gatherings and counters that follow from it. Whoever
dies before the commit leaves it to another worker; whoever was too slow finds
that it is no longer held, and rolls back.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

import clock
from events import dispatching, subscriptions
from events.announcements import announce
from events.dispatching import Claimed
from events.errors import LostDispatch
from events.subscriptions import Offered
from executions import wakeups
from organizations.rows import Columns
from organizations.statements import executed
from triggers import gathering, releasing
from triggers.acting import act, hold, within_rates
from triggers.errors import TriggerChanged
from triggers.matching import match
from triggers.models import SkipReason, Trigger, TriggerState
from triggers.reactions import Reactions, react, skip_of
from triggers.shown import Told, told
from triggers.wanted import CONSUMER, wanted_of
from workflows.models import Workflow

log = structlog.get_logger(__name__)

BATCH = 50  # events of one transaction
LOOK_SECONDS = 5.0  # after which no other event is looked at for the same transaction; well within the lease
CONDITION_SECONDS = 5.0  # of the processor, for all conditions on one event
MOST_WANTED = 500  # likewise, pairs of an event and a trigger
SLICE_SECONDS = 1.0  # of one wake-up; then other work of the process has its turn


def drain() -> int:
    """Deal with the events that wait, for about a second; return how many. Safe to run in many processes at once."""
    handled, woken = drain_and_keep()
    wakeups.send(woken)
    return handled


def drain_and_keep() -> tuple[int, Counter[str]]:
    """Do the same, and return also the wake-ups for what was started last: the caller may go on with that itself."""
    until = time.monotonic() + SLICE_SECONDS
    handled, woken = 0, Counter[str]()
    while held := dispatching.claim(CONSUMER, limit=BATCH):
        wakeups.send(woken)
        with wakeups.kept() as woken:
            _deal_with(held)
        handled += len(held)
        if time.monotonic() > until:
            announce(dispatching.TOPIC, CONSUMER)
            break
    return handled, woken


def _deal_with(held: Sequence[Claimed], *, is_again: bool = False) -> None:
    """Deal with events together, or, where that fails, with one after the other: a bad one holds up no other."""
    try:
        if is_again:  # it may have been dealt with already, and must not take from rate limits again
            dispatching.extend(CONSUMER, held)
        _hand_on(held)
    except Exception as error:
        if _is_away(error):  # they come again
            log.warning("events put off", events=len(held), exc_info=True)
            connection.close_if_unusable_or_obsolete()
        elif len(held) > 1:
            for one in held:
                _deal_with([one], is_again=True)
        elif not isinstance(error, LostDispatch):
            log.exception("an event cannot be handed on", event_id=held[0].event_id)
            dispatching.put_off(CONSUMER, held[0], error=repr(error))


def _is_away(error: Exception) -> bool:
    """Return whether the database is away, or busy; one of two that were in each other's way can go on at once."""
    is_deadlock = isinstance(error.__cause__, DeadlockDetected)
    return isinstance(error, OperationalError | InterfaceError) and not is_deadlock


def _hand_on(held: Sequence[Claimed]) -> None:
    """Act on events, as many in one transaction as can be looked at in `LOOK_SECONDS`.

    Where a trigger is changed after the look they are looked at again.
    """
    while held:
        looked = _look([one.event_id for one in held])
        done = [one for one in held if one.event_id not in looked.left]
        with suppress(TriggerChanged):
            _act(done, looked)
            held = [one for one in held if one.event_id in looked.left]
        if held:
            dispatching.extend(CONSUMER, held)


@dataclass(slots=True)
class _Looked:
    """What triggers want of some events. `left`: those that were not looked at yet."""

    reactions: Reactions = field(default_factory=Reactions)
    left: set[int] = field(default_factory=set)

    @property
    def is_full(self) -> bool:
        return sum(self.reactions.matched.values()) >= MOST_WANTED


def _look(event_ids: Collection[int]) -> _Looked:
    """Hold events against the triggers that may want them, in no transaction: that takes as long as it takes."""
    events = list(told(event_ids).values())
    candidates = subscriptions.candidates(
        CONSUMER, [Offered(one.organization_id, one.shown) for one in events]
    )
    triggers = _active(owner for owners in candidates for owner in owners)
    looked, until = _Looked(), time.monotonic() + LOOK_SECONDS
    for place, (one, owners) in enumerate(zip(events, candidates, strict=True)):
        if place and (looked.is_full or time.monotonic() > until):
            looked.left = {event.id for event in events[place:]}
            break
        _look_at(one, [triggers[owner] for owner in owners if owner in triggers], looked.reactions)
    return looked


def _look_at(one: Told, triggers: Iterable[Trigger], reactions: Reactions) -> None:
    wanted, until = [], time.thread_time() + CONDITION_SECONDS
    for trigger in triggers:
        if trigger.organization_id != one.organization_id:
            continue
        if trigger.condition and time.thread_time() > until:
            detail = f"the conditions of all triggers on it took more than {CONDITION_SECONDS:g} s together"
            reactions.skipped.append(skip_of(trigger, one, SkipReason.TOO_EXPENSIVE, detail=detail))
            continue
        verdict = match(wanted_of(trigger), one.shown)
        if verdict.matches:
            wanted.append((trigger, verdict.place))
    react(one, wanted, reactions)


_TRIGGER, _WORKFLOW = Columns(Trigger, alias="t"), Columns(Workflow, alias="w")
_ACTIVE = f"""
SELECT {_TRIGGER.text}, {_WORKFLOW.text}
FROM triggers_trigger AS t JOIN workflows_workflow AS w ON w.id = t.workflow_id
WHERE t.id = ANY(%s::uuid[]) AND t.state = '{TriggerState.ACTIVE.value}'
"""  # noqa: S608 - constant text


def _active(ids: Iterable[UUID]) -> dict[UUID, Trigger]:
    wanted = list(set(ids))
    found: dict[UUID, Trigger] = {}
    if wanted:
        with executed(_ACTIVE, [wanted]) as cursor:
            for values in cursor:
                trigger = _TRIGGER.row(values[: len(_TRIGGER)])
                trigger.workflow = _WORKFLOW.row(values[len(_TRIGGER) :])
                found[trigger.pk] = trigger
    return found


def _act(held: Sequence[Claimed], looked: _Looked) -> None:
    reactions, now = looked.reactions, clock.now()
    allowed, dropped = within_rates(reactions.starts, now=now)
    skipped = [*reactions.skipped, *dropped]
    with transaction.atomic():
        hold(reactions.matched)
        dispatching.settle(CONSUMER, held)
        is_complete = gathering.gather(reactions.gathered, now=now)
        act(allowed, skipped, matched=reactions.matched, now=now)
    if (
        is_complete
    ):  # by the clock of now: another worker's event, which it waited for, may have come later than `now`
        releasing.release_due(now=clock.now())
