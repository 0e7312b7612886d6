"""The places that an execution wants in the limits of its workflow. Pure.

A limit divides executions into groups, one for each value of its key. The
group's name is made of what the limit counts and of that value, and not of where
the limit stands or how many it allows: a new version that allows more goes on
counting what runs.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from workflows.errors import ExpressionError, InvalidInput, Problem
from workflows.limits import Limit


class WhenFull(StrEnum):
    """What becomes of a start that finds its group full."""

    WAIT = "wait"  # waits for its turn
    REFUSE = "refuse"  # is not started
    CANCEL_OTHER = "cancel_other"  # cancels the oldest and starts once that has really ended
    TERMINATE_OTHER = "terminate_other"  # ends the oldest without clean-up and starts at once


ENDS_OTHERS = frozenset({WhenFull.CANCEL_OTHER, WhenFull.TERMINATE_OTHER})


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPlace:
    """A place that a start wants.

    Attributes:
        key: of the group, unlike that of any schedule; see `is_of_limit`.
        limit: how many may be active, or be admitted in the period, this one included.
        per_seconds: the period of a limit of starts, None for one of what runs.
        value: of the limit's key, as JSON; empty where the limit has no key.
    """

    key: UUID
    limit: int
    per_seconds: int | None = None
    when_full: WhenFull = WhenFull.WAIT
    value: str = ""


def wanted_places(
    limits: Sequence[Limit],
    workflow_id: UUID,
    input: Mapping[str, Any],  # noqa: A002 - the product's word
) -> tuple[WantedPlace, ...]:
    """Return the places that an execution with `input`, defaults applied, wants.

    Raises:
        InvalidInput: the key of a limit cannot be evaluated on this input.
    """
    if not limits:
        return ()
    problems: list[Problem] = []
    places = list(_each(limits, workflow_id, input, problems))
    if problems:
        raise InvalidInput(problems)
    return _strictest(places)


def _each(
    limits: Sequence[Limit], workflow_id: UUID, given: Mapping[str, Any], problems: list[Problem]
) -> Iterator[WantedPlace]:
    for index, limit in enumerate(limits):
        try:
            yield _place(limit, workflow_id, given)
        except ExpressionError as error:
            problems.append(Problem(path=f"limits[{index}].key", message=str(error)))


def _place(limit: Limit, workflow_id: UUID, given: Mapping[str, Any]) -> WantedPlace:
    template = limit.key_template
    value = "" if template is None else _as_json(template.render({"input": given}))
    # Rounded up, an odd period allows rather fewer starts than more.
    per_seconds = None if limit.per is None else math.ceil(limit.per.total_seconds())
    return WantedPlace(
        key=uuid5(workflow_id, _as_json([per_seconds, limit.key, value])),
        limit=limit.running or limit.starts or 1,
        per_seconds=per_seconds,
        when_full=WhenFull(limit.when_full),
        value=value,
    )


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _strictest(places: Iterable[WantedPlace]) -> tuple[WantedPlace, ...]:
    """Return one place for each group: of two limits that count the same, the smaller one decides."""
    by_key: dict[UUID, WantedPlace] = {}
    for place in places:
        known = by_key.get(place.key)
        if known is None or place.limit < known.limit:
            by_key[place.key] = place
    return tuple(by_key.values())


def is_of_limit(key: UUID) -> bool:
    """Return whether a group belongs to a limit; those of schedules and backfills are named by their ids."""
    return key.version == 5
