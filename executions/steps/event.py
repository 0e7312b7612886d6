"""`wait` for an event: look through what was sent, then wait until more is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from events.models import Position
from executions.queries import arrivals
from executions.queries.arrivals import Arrival, Wanted
from executions.rules.outcomes import Completed, Failed, Outcome, Waiting
from executions.steps.call import Call
from workflows.definition import EventWait
from workflows.duration import format_duration
from workflows.errors import ExpressionError
from workflows.expressions import evaluate

PAGE = 50  # events of one read: each may have 256 kB
MOST_PAGES = 10  # of one run of the step; then another step has its turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a wait has looked. Its row keeps this as its `output` while it waits.

    Attributes:
        since: events that came earlier do not count.
        deadline: when to give up.
        settled: transactions below this have ended, and what they sent was looked at.
        seen: how many events of later transactions were looked at.
        next: where a look that was cut short goes on.
        trouble: why `match` could not be asked about the last event with which it failed.
    """

    since: datetime
    deadline: datetime | None
    source: str | None
    settled: int = 0
    seen: int = 0
    next: Position | None = None
    trouble: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as the row keeps it; `executions.queries.arrivals` reads it there."""
        return {
            "since": self.since.isoformat(),
            "deadline": self.deadline.isoformat() if self.deadline else None,
            "source": self.source,
            "settled": self.settled,
            "seen": self.seen,
            "next": list(self.next) if self.next else None,
            "trouble": self.trouble,
        }


def place_of(kept: Mapping[str, Any]) -> Place:
    """Return the place that a row has kept."""
    deadline, following = kept["deadline"], kept["next"]
    return Place(
        since=datetime.fromisoformat(kept["since"]),
        deadline=datetime.fromisoformat(deadline) if deadline else None,
        source=kept["source"],
        settled=kept["settled"],
        seen=kept["seen"],
        next=Position(*following) if following else None,
        trouble=kept["trouble"],
    )


def run(event: EventWait, call: Call) -> Outcome:
    """Complete with the first event that fits, or wait on. Output: `{"id", "type", "source", "at", "data"}`.

    An event is asked about at least once, and none is stepped over: what was not
    settled when it was read is read again, together with what has appeared beside it.
    """
    place = place_of(call.kept) if call.kept else _first_place(event, call)
    wanted = Wanted(
        organization_id=call.organization_id, type=event.type, source=event.source, since=place.since
    )
    found, place = _search(event, call, wanted, place)
    if found is not None:
        return Completed(found)
    if place.next is None and place.deadline is not None and place.deadline <= call.now:
        return _given_up(event, place)
    return Waiting(place.deadline, waits_for="event", waits_key=event.type, kept=place.to_json())


def _first_place(event: EventWait, call: Call) -> Place:
    # A wait that is tried again begins anew; the first one began when its step could have run.
    began = call.now if call.failures else call.created_at
    return Place(
        since=began - event.look_back,
        deadline=began + event.timeout if event.timeout is not None else None,
        source=event.source,
    )


def _search(
    event: EventWait, call: Call, wanted: Wanted, place: Place
) -> tuple[dict[str, Any] | None, Place]:
    """Return the first event that fits, and how far the search has come."""
    goes_on = place.next is not None
    position = place.next or (Position(place.settled, 0) if place.settled else arrivals.start(wanted))
    mark, seen = place.settled, place.seen if goes_on else 0
    for number in range(MOST_PAGES):
        page = arrivals.read(wanted, after=position, limit=PAGE)
        if number == 0 and not goes_on:
            mark = page.settled  # of the first snapshot: what it hid counts as not yet looked at
        for arrival in page.arrivals:
            shown = shown_of(arrival, event.type)
            fits, trouble = _fits(event, call, shown)
            if fits:
                return shown, place
            place = replace(place, trouble=trouble or place.trouble)
            seen += arrival.position.transaction_id >= mark
        if len(page.arrivals) < PAGE:
            return None, replace(place, settled=mark, seen=seen, next=None)
        position = page.arrivals[-1].position
    return None, replace(place, settled=mark, seen=seen, next=position)


def shown_of(arrival: Arrival, type_: str) -> dict[str, Any]:
    """Return an event as expressions and outputs have it; `at` is the sender's time where it told one."""
    return {
        "id": arrival.external_id,
        "type": type_,
        "source": arrival.source,
        "at": arrival.data["time"] or arrival.at.isoformat(),
        "data": arrival.data["data"],
    }


def _fits(event: EventWait, call: Call, shown: Mapping[str, Any]) -> tuple[bool, str]:
    """Return whether `match` is true, or why it could not be asked: a strange event fails nobody's step."""
    if event.matcher is None:
        return True, ""
    try:
        result = evaluate(event.matcher, {**call.variables, "event": shown})
    except ExpressionError as error:
        return False, str(error)
    if not isinstance(result, bool):
        return False, f"`match` must be true or false, not {type(result).__name__}"
    return result, ""


def _given_up(event: EventWait, place: Place) -> Outcome:
    if event.on_timeout == "continue":
        return Completed(None)
    within = format_duration(event.timeout) if event.timeout else ""
    trouble = f"; `match` failed on some: {place.trouble}" if place.trouble else ""
    return Failed(
        error=f"no event {event.type!r} that fits came within {within}{trouble}",
        error_class="NoEvent",
        timed_out=True,
    )
