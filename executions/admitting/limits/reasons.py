"""What an execution that has not started waits for, in words."""

from datetime import UTC, timedelta

from executions.admitting.limits.wanted import WantedPlace, wanted_places
from executions.models import Execution
from executions.queries import places
from executions.queries.places import Standing
from executions.states import ExecutionState
from workflows.duration import format_duration
from workflows.services import definition_of

MAX_VALUE = 100  # characters of a key's value


def reason(execution: Execution) -> str:
    """Return what a pending execution waits for, one sentence; "" for any other."""
    if execution.state != ExecutionState.PENDING:
        return ""
    wanted = {place.key: place for place in _wanted(execution)} if execution.has_places else {}
    for standing in places.standing(execution.pk) if execution.has_places else []:
        if standing.taken >= standing.limit:
            return _sentence(standing, wanted.get(standing.group_key))
    if execution.group_key is not None:
        return "waits until another run of its schedule or backfill has ended"
    return "is about to start"


def _wanted(execution: Execution) -> tuple[WantedPlace, ...]:
    limits = definition_of(execution.version_id).limits
    return wanted_places(limits, execution.workflow_id, execution.input)


def _sentence(standing: Standing, place: WantedPlace | None) -> str:
    return (
        f"waits for a place: {_limit(standing)}{_key(place)} is {_full(standing)}, {_before(standing.before)}"
    )


def _limit(standing: Standing) -> str:
    if standing.per_seconds is None:
        return f"the limit of {standing.limit} running"
    return (
        f"the limit of {standing.limit} starts per {format_duration(timedelta(seconds=standing.per_seconds))}"
    )


def _key(place: WantedPlace | None) -> str:
    if place is None or not place.value:
        return ""
    value = place.value if len(place.value) <= MAX_VALUE else place.value[: MAX_VALUE - 1] + "…"
    return f" for key {value}"


def _full(standing: Standing) -> str:
    if standing.free_at is None:
        return "full"
    return f"used up until {standing.free_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _before(count: int) -> str:
    return {0: "and it is next", 1: "and 1 waits before it"}.get(count, f"and {count} wait before it")
