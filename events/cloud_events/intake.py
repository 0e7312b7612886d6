"""Read the events of an HTTP request, in whichever of the three modes it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from events import sending
from events.cloud_events import binary, structured
from events.cloud_events.content import is_json, refused
from events.cloud_events.envelope import Envelope, opened
from events.errors import EventConflict, InvalidEvent, NotAnEvent
from events.sending import Sent
from organizations import strict_json
from organizations.plain import NotPlain
from organizations.strict_json import NotJSON

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
CLOUD_EVENTS = "application/cloudevents"  # how the media types of all their formats begin
DEPTH_HEADER = "Horarium-Depth"
DEEPEST = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """What a request holds: headers by name, without regard to case, and the body."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """Return the content type with its parameters, or ""."""
        return self.headers.get("Content-Type", "").strip()

    @property
    def media_type(self) -> str:
        """Return the content type without its parameters."""
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def is_batch(self) -> bool:
        """Return whether it holds a list of events."""
        return self.media_type == BATCHED


def send(message: Message, events: Sequence[sending.Event]) -> list[Sent]:
    """Record the events of a message, all or none; see `sending.send_many`.

    Raises:
        EventConflict, EventTooLarge: as `sending.send_many`; in a batch a conflict has its place.
    """
    try:
        return sending.send_many(events)
    except EventConflict as error:
        if message.is_batch:
            error.place = _place(events, error)
        raise


def events_of(message: Message, *, organization_id: UUID) -> list[sending.Event]:
    """Return the events of a message, checked.

    Raises:
        NotAnEvent: neither its headers nor its content type say that it holds any.
        InvalidEvent: naming what is wrong; in a batch with the place, as `[3].type`.
    """
    if not message.is_batch:
        return [opened(_read(message), organization_id=organization_id)]
    envelopes = structured.read_batch(_document(message), depth=_depth(message))
    return _all_opened(envelopes, organization_id=organization_id)


def _read(message: Message) -> Envelope:
    depth = _depth(message)
    if message.media_type.startswith(CLOUD_EVENTS):
        if message.media_type != STRUCTURED:
            raise NotAnEvent(f"write {STRUCTURED} or {BATCHED}, the formats that are read here")
        return structured.read(_document(message), depth=depth)
    if binary.is_binary(message.headers):
        content_type = message.content_type or None
        return binary.read(message.headers, message.body, content_type=content_type, depth=depth)
    if is_json(message.media_type):
        return structured.read(_document(message), depth=depth)
    raise NotAnEvent(f"write the attributes as headers `ce-…`, or the event as {STRUCTURED}")


def _place(events: Sequence[sending.Event], error: EventConflict) -> int:
    name = (error.source, error.external_id)
    return max(place for place, one in enumerate(events) if (one.source, one.external_id) == name)


def _all_opened(envelopes: Sequence[Envelope], *, organization_id: UUID) -> list[sending.Event]:
    """Return every event, or raise one error of all that is wrong with the first few."""
    events: list[sending.Event] = []
    errors: dict[str, str] = {}
    for place, envelope in enumerate(envelopes):
        try:
            events.append(opened(envelope, organization_id=organization_id))
        except InvalidEvent as error:
            errors |= error.at(place).errors
        if len(errors) > 20:
            break
    if errors:
        raise InvalidEvent(errors)
    return events


def _document(message: Message) -> object:
    try:
        return strict_json.read(message.body)
    except (NotJSON, NotPlain) as error:
        raise refused(error, at="") from None


def _depth(message: Message) -> int | None:
    """Return how many executions have led here; a header that says anything else is passed over."""
    text = message.headers.get(DEPTH_HEADER, "").strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= 4
    return int(text) if is_number and int(text) <= DEEPEST else None
