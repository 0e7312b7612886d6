"""Hold a sample against triggers: which match, at which condition the others fail, and what would follow.

Nothing is started, gathered or counted.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from threading import Lock
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from events.cloud_events import structured
from events.cloud_events.envelope import opened
from events.errors import InvalidEvent
from events.models import TEXT, Event
from events.reserved import reserved_prefix
from events.subscriptions import Offered, candidates
from organizations.models import Organization
from organizations.plain import NotPlain, check_plain, dotted
from triggers.errors import InvalidMapping, InvalidTrigger, TooManyTrials
from triggers.inputs import input_of
from triggers.matching import OWN, match
from triggers.models import Delivery, Trigger, TriggerState, Webhook
from triggers.shown import sent, told
from triggers.wanted import CONSUMER, wanted_of, wanted_of_webhook
from triggers.webhooks.deciding import event_of
from triggers.webhooks.reading import read
from workflows.definition import check_input
from workflows.errors import InvalidInput, Problem
from workflows.models import Workflow
from workflows.services import definition_of

MOST_SHOWN = 100  # triggers that one answer lists
MOST_SECONDS = 0.3  # of one answer
MOST_WAIT_SECONDS = 2.0  # for its turn
MOST_TEXT = 1_000_000  # characters of a sample

_TURN = Lock()  # one process looks at one sample at a time: conditions leave little to other requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one trigger or webhook would make of a sample.

    Attributes:
        failed_at: the condition that does not hold; "" where it matches.
        outcome: `start`, `gather` (with others, or until nothing more comes), or `nothing`.
        problem: why it would start nothing although it matches.
    """

    owner: Trigger | Webhook
    failed_at: str = ""
    detail: str = ""
    outcome: str = "nothing"
    input: dict[str, Any] | None = None
    problem: str = ""

    @property
    def matches(self) -> bool:
        """Return whether all conditions hold."""
        return not self.failed_at


@dataclass(frozen=True, slots=True)
class Tried:
    """The sample as triggers see it, and what came of it; `others` triggers were not looked at."""

    event: Mapping[str, Any]
    trials: Sequence[Trial]
    others: int = 0


def sample_of(given: dict[str, Any], *, organization_id: UUID, now: datetime) -> dict[str, Any]:
    """Return a CloudEvent that nobody has sent, or what Horarium would tell itself, as triggers would see it.

    What is left out is filled in; it would come `now`.

    Raises:
        InvalidTrigger: naming, below `event`, what is wrong with it.
    """
    try:
        check_plain(given, max_text=MOST_TEXT)
    except NotPlain as error:
        raise InvalidTrigger(
            [Problem(path=dotted(error.path, start="event"), message=error.reason)]
        ) from None
    if given.get("source") == OWN:
        return _own(given, now=now)
    filled = {"specversion": "1.0", "id": "sample", "source": "/sample", **given}
    try:
        event = opened(structured.read(filled, depth=None), organization_id=organization_id)
    except InvalidEvent as error:
        if reserved_prefix(str(filled.get("type"))):
            error.errors["source"] = f"write {OWN!r} for what Horarium tells itself"
        raise InvalidTrigger(
            [Problem(path=f"event.{name}", message=problem) for name, problem in error.errors.items()]
        ) from None
    row = Event(
        type=event.type,
        source=event.source,
        external_id=event.external_id,
        subject=event.subject,
        data=event.kept,
        at=now,
    )
    return sent(row)


def _own(given: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "id": "0",
        "type": "",
        "source": OWN,
        "subject": None,
        "time": now.isoformat(),
        "data": {},
    }
    shown = {**usual, **given}
    problems = [
        Problem(path=f"event.{name}", message=f"write {wanted}")
        for name, kind, wanted in (("type", str, "text"), ("data", dict, "a JSON object"))
        if not isinstance(shown[name], kind)
    ]
    if not problems and len(shown["type"]) > TEXT:
        problems = [Problem(path="event.type", message=f"write at most {TEXT} characters")]
    if problems:
        raise InvalidTrigger(problems)
    return shown


def try_event(organization: Organization, event: Mapping[str, Any], *, only: Trigger | None = None) -> Tried:
    """Hold an event, as it is shown, against the organization's triggers: first those that the index offers.

    Args:
        only: hold it against this trigger alone.

    Raises:
        TooManyTrials: others had their turn for too long; try again.
    """
    if only is not None:
        return Tried(event, [_trial(only, event)])
    if not _TURN.acquire(timeout=MOST_WAIT_SECONDS):
        raise TooManyTrials
    try:
        return _tried(organization, event)
    finally:
        _TURN.release()


def _tried(organization: Organization, event: Mapping[str, Any]) -> Tried:
    every = Trigger.objects.filter(organization=organization).select_related("workflow")
    (offered,) = candidates(CONSUMER, [Offered(organization.pk, event)])
    until = time.monotonic() + MOST_SECONDS
    within = takewhile(lambda _: time.monotonic() < until, _first(every, offered))
    trials = sorted((_trial(one, event) for one in within), key=lambda one: not one.matches)
    return Tried(event, trials, others=every.count() - len(trials))


def try_stored(organization: Organization, event_id: int, *, only: Trigger | None = None) -> Tried | None:
    """Hold an event of the log against triggers; None where the organization has no such event."""
    found = told([event_id]).get(event_id)
    if found is None or found.organization_id != organization.pk:
        return None
    return try_event(organization, found.shown, only=only)


def try_delivery(delivery: Delivery) -> Tried:
    """Hold a delivery against its webhook as that is set now.

    Raises:
        InvalidDelivery, MalformedDelivery: its body is not what its content type says.
    """
    event = event_of(delivery, data=read(bytes(delivery.body), content_type=delivery.content_type))
    verdict = match(wanted_of_webhook(delivery.webhook), event)
    trial = Trial(owner=delivery.webhook, failed_at=verdict.failed_at, detail=verdict.detail)
    return Tried(event, [trial if verdict.failed_at else _led_to(delivery.webhook, event)])


def _first(every: "QuerySet[Trigger]", offered: Sequence[Any]) -> list[Trigger]:
    found = list(every.filter(pk__in=offered).order_by("name")[:MOST_SHOWN])
    room = MOST_SHOWN - len(found)
    return found + list(every.exclude(pk__in=[one.pk for one in found]).order_by("name")[:room])


def _trial(trigger: Trigger, event: Mapping[str, Any]) -> Trial:
    verdict = match(wanted_of(trigger), event)
    if not verdict.matches:
        return Trial(owner=trigger, failed_at=verdict.failed_at, detail=verdict.detail)
    if trigger.state != TriggerState.ACTIVE:
        return Trial(owner=trigger, failed_at="state", detail=f"is {trigger.state}")
    if trigger.debounce is not None:  # the last event of a burst starts it, alone
        return replace(_led_to(trigger, event), outcome="gather")
    if trigger.gathers:
        return Trial(owner=trigger, outcome="gather")
    return _led_to(trigger, event)


def _led_to(owner: Trigger | Webhook, event: Mapping[str, Any]) -> Trial:
    """Return the start that follows from a match, or why none would."""
    try:
        given = input_of(owner, event)
    except InvalidMapping as error:
        return Trial(owner=owner, problem=str(error))
    workflow = owner.workflow
    if workflow.state != Workflow.State.ACTIVE or workflow.current_version_id is None:
        return Trial(owner=owner, input=given, problem=f"workflow {workflow.name} is {workflow.state}")
    try:
        whole = check_input(definition_of(workflow.current_version_id), given)
    except InvalidInput as error:
        lines = (f"{problem['path']}: {problem['message']}" for problem in error.errors)
        return Trial(owner=owner, input=given, problem="; ".join(lines))
    return Trial(owner=owner, outcome="start", input=whole)
