"""The words of the WebSocket protocol: what clients may say, and what they are told."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from events.errors import BadMessage
from events.models import Event, Position

MAX_BYTES = 16 * 1024  # of one message from a client
MAX_TOPICS = 100  # of one message, and of one socket
MAX_ID = 2**63 - 1
EVERYTHING = "*"

TOPIC = re.compile(r"(execution|schedule|workflow):(\*|[0-9a-fA-F-]{32,36})")


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Also tell about these topics; the first one replaces "everything"."""

    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """No longer tell about these topics."""

    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Prove who is calling; only the first message may."""

    api_key: str


@dataclass(frozen=True, slots=True)
class Ping:
    """Answer, and say how far the log has been told."""


Message = Subscribe | Unsubscribe | Authenticate | Ping


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, ready to be handed to any number of sockets."""

    position: Position
    topics: frozenset[str]  # those that it is told under
    text: str  # the message, see `entry`


def parse(text: str | None) -> Message:
    """Return what a client said.

    Raises:
        BadMessage: naming the field, `message` when it is the whole.
    """
    if text is None:
        raise BadMessage("message", "send text, not bytes")
    if len(text.encode()) > MAX_BYTES:
        raise BadMessage("message", f"{MAX_BYTES} bytes at most")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise BadMessage("message", "not JSON") from None
    if not isinstance(content, dict):
        raise BadMessage("message", "must be an object")
    read = _READERS.get(str(content.get("type")))
    if read is None:
        raise BadMessage("type", f"must be one of {', '.join(_READERS)}")
    return read(content)


def parse_topics(topics: object) -> frozenset[str]:
    """Return `topics`, checked and in their one spelling.

    Raises:
        BadMessage: naming `topics`, or the place of the bad one, such as `topics.2`.
    """
    if not isinstance(topics, list) or not topics:
        raise BadMessage("topics", 'must be a list such as ["execution:*", "workflow:<id>"]')
    if len(topics) > MAX_TOPICS:
        raise BadMessage("topics", f"{MAX_TOPICS} at most")
    return frozenset(_topic(topic, place=place) for place, topic in enumerate(topics))


def parse_after(text: str) -> int:
    """Return the event id that a client has seen last.

    Raises:
        BadMessage: it is not one.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= MAX_ID):
        raise BadMessage("after", "must be the id of an event, or 0 for the beginning")
    return int(text)


def entry(event: Event) -> Entry:
    """Return an event as sockets are told of it.

    Shape: `{"type": "event", "id": int, "event": "workflow.completed", "at": "…Z",
    "workflow": uuid | null, "schedule": uuid | null, "execution": uuid | null, "data": {…}}`; with "source" for
    one that was sent to us.
    """
    subjects = {"workflow": event.workflow_id, "schedule": event.schedule_id, "execution": event.execution_id}
    known = {kind: str(subject) if subject else None for kind, subject in subjects.items()}
    content = {"type": "event", "id": event.pk, "event": event.type, "at": _instant(event.at), **known}
    if event.source:
        content["source"] = event.source
    topics = {f"{kind}:{which}" for kind, subject in known.items() if subject for which in ("*", subject)}
    return Entry(event.position, frozenset(topics | {EVERYTHING}), write({**content, "data": event.data}))


def write(content: dict[str, Any]) -> str:
    """Return a message as JSON."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _topic(topic: object, *, place: int) -> str:
    field = f"topics.{place}"
    if topic == EVERYTHING:
        return EVERYTHING
    match = TOPIC.fullmatch(topic) if isinstance(topic, str) else None
    if match is None:
        raise BadMessage(field, "must be *, or execution, schedule or workflow, a colon, and an id or *")
    kind, subject = match.groups()
    try:
        return f"{kind}:{subject if subject == '*' else UUID(subject)}"
    except ValueError:
        raise BadMessage(field, f"{subject} is not an id") from None


def _authenticate(content: dict[str, Any]) -> Authenticate:
    key = content.get("api_key")
    if not isinstance(key, str) or not key:
        raise BadMessage("api_key", "must be an API key")
    return Authenticate(key)


_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "subscribe": lambda content: Subscribe(parse_topics(content.get("topics"))),
    "unsubscribe": lambda content: Unsubscribe(parse_topics(content.get("topics"))),
    "ping": lambda _: Ping(),
    "authenticate": _authenticate,
}
