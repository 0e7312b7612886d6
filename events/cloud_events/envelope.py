"""The envelope of an event: its attributes as they were sent, checked, and what is kept of them.

Source of the rules: the CloudEvents specification 1.0.2. The library checks
what it knows; the rest is what it leaves to its callers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.v1.event import REQUIRED_ATTRIBUTES, CloudEvent
from uuid_utils.compat import uuid7

from events import sending
from events.cloud_events import attributes as rules
from events.cloud_events.content import refused
from events.errors import InvalidEvent
from organizations.plain import NotPlain, check_plain

KEPT = ("datacontenttype", "dataschema")  # attributes that have no column
MAX_TEXT = 4 * sending.MAX_BYTES  # characters that are looked at; the bytes are counted when it is sent
MOST_ERRORS = 20  # that are told of one event; more do not help anybody
DEFINED = frozenset({*rules.RULES, "time"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event as it was sent.

    Attributes:
        attributes: all but the data, unset ones left out; `time` is text.
        data: any plain JSON; text that is not JSON as text.
        data_base64: in place of data, what is no text.
        depth: how many executions have led to it, where the sender says so.
    """

    attributes: Mapping[str, Any]
    data: Any = field(default=None, repr=False)
    data_base64: str | None = field(default=None, repr=False)
    depth: int | None = None


def opened(envelope: Envelope, *, organization_id: UUID, execution_id: UUID | None = None) -> sending.Event:
    """Return the event in an envelope, ready to be sent.

    Raises:
        InvalidEvent: naming every attribute that is wrong.
    """
    given = envelope.attributes
    errors = dict(_errors(given))
    time, problem = rules.instant(given["time"]) if "time" in given else (None, None)
    if problem:
        errors["time"] = problem
    if errors:
        raise InvalidEvent({name[:100]: problem for name, problem in islice(errors.items(), MOST_ERRORS)})
    return sending.Event(
        organization_id=organization_id,
        type=given["type"],
        source=given["source"],
        external_id=given["id"],
        subject=given.get("subject", ""),
        time=time,
        data=envelope.data,
        attributes=_beside_data(envelope),
        execution_id=execution_id,
    )


def enveloped(given: Mapping[str, Any], *, data: Any, extensions: Mapping[str, Any]) -> Envelope:
    """Return an event of the attributes that are not None, with a fresh id where it has none.

    Args:
        given: attributes by name; `time` is an aware datetime, or text of RFC 3339.

    Raises:
        InvalidEvent: the data is not JSON that can be stored, or an extension has the name of an attribute.
    """
    if taken := sorted(DEFINED & extensions.keys()):
        raise InvalidEvent(dict.fromkeys(taken, "is an attribute and no extension; give it as such"))
    try:
        check_plain(data, max_text=MAX_TEXT)
    except NotPlain as error:
        raise refused(error) from None
    known = {name: value for name, value in given.items() if value is not None}
    if isinstance(time := known.get("time"), datetime):
        known["time"] = time.isoformat()
    known.setdefault("id", str(uuid7()))
    return Envelope({**extensions, "specversion": "1.0", **known}, data=data)


def _errors(given: Mapping[str, Any]) -> dict[str, str]:
    # The library adds a time of its own where there is none; ours is read elsewhere.
    checked = {**dict.fromkeys(REQUIRED_ATTRIBUTES), **given, "time": rules.ANY_TIME}
    errors: dict[str, str] = {}
    try:
        CloudEvent(checked)
    except CloudEventValidationError as error:
        errors = {name: rules.remedy(name, given.get(name)) for name in error.errors}
    for name, value in given.items():
        if name not in errors and (problem := rules.fault(name, value)):
            errors[name] = problem
    return errors


def _beside_data(envelope: Envelope) -> dict[str, Any]:
    """Return what is kept beside data and time, in an order that does not depend on the sender."""
    given = envelope.attributes
    kept = {name: given[name] for name in KEPT if name in given}
    if envelope.data_base64 is not None:
        kept["data_base64"] = envelope.data_base64
    if extensions := {name: given[name] for name in sorted(given.keys() - DEFINED)}:
        kept["extensions"] = extensions
    if envelope.depth is not None:
        kept["depth"] = envelope.depth
    return kept
