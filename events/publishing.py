"""Publish events from Django code, in the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from events.sending import Sent
    from organizations.models import Organization

SOURCE = "/django"  # where an event happened that does not say it


def publish(
    type: str,  # noqa: A002 - the words of CloudEvents
    data: Any = None,
    *,
    source: str | None = None,
    id: str | None = None,  # noqa: A002
    subject: str = "",
    time: datetime | None = None,
    organization: "Organization | str | None" = None,
    extensions: Mapping[str, str | int | bool] | None = None,
) -> "Sent":
    """Record that something happened: with the caller's transaction, and never where that rolls back.

    Within a step of a workflow the event is known to come of its execution, which bounds loops.

    Args:
        data: any JSON, 256 kB at most.
        source: a URI reference; `/django` unless given.
        id: unique at its source, so that a repeat is recorded once; a fresh one unless given.
        time: when it happened, aware.
        organization: one, or its slug; may be left out while there is only one.
        extensions: further attributes.

    Returns:
        The id in the log, and whether it is new.

    Raises:
        InvalidEvent: its `errors` name what is wrong, by attribute.
        EventConflict: the source has used the id for another event.
        EventTooLarge: the data has more than 256 kB.
        NoSuchOrganization: there is none of that name, or more than one to choose from.
    """
    import clock
    from events import sending
    from events.cloud_events.envelope import enveloped, opened

    given = {"type": type, "source": source or SOURCE, "id": id, "subject": subject or None, "time": time}
    event = opened(
        enveloped(given, data=data, extensions=extensions or {}),
        organization_id=_organization_id(organization),
        execution_id=_execution_id(),
    )
    return sending.send(event, now=clock.now())


def _organization_id(organization: "Organization | str | None") -> UUID:
    from organizations.services import organization_for

    if organization is None or isinstance(organization, str):
        organization = organization_for(organization)
    return organization.pk


def _execution_id() -> UUID | None:
    from horarium import execution_id

    step_of = execution_id()
    return UUID(step_of) if step_of else None
