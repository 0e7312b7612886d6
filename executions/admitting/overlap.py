"""What becomes of a start while others of its group are active. Pure; the table is SEMANTICS' on overlap."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

MAX_WAITING = 1_000  # waiting starts of one group
RESERVED = 500  # of them kept free of backfills, so that they cannot starve the rules


class OverlapPolicy(StrEnum):
    """What a start does when its group has no free place."""

    SKIP = "skip"  # is not started
    BUFFER_ONE = "buffer_one"  # waits, if nothing waits yet
    BUFFER_ALL = "buffer_all"  # waits, in order of nominal time
    CANCEL_OTHER = "cancel_other"  # cancels what is active and starts once that has really ended
    TERMINATE_OTHER = "terminate_other"  # ends what is active without clean-up and starts at once
    ALLOW_ALL = "allow_all"  # starts; belongs to no group, so it never holds up others


ALIASES = {"queue": OverlapPolicy.BUFFER_ALL, "allow": OverlapPolicy.ALLOW_ALL}
GENERAL = frozenset(
    {OverlapPolicy.SKIP, OverlapPolicy.BUFFER_ONE, OverlapPolicy.BUFFER_ALL}
)  # take a limit above 1
ENDS_OTHERS = frozenset({OverlapPolicy.CANCEL_OTHER, OverlapPolicy.TERMINATE_OTHER})


class Decision(StrEnum):
    """What becomes of one start."""

    START = "start"
    WAIT = "wait"
    CANCEL = "cancel"  # cancel what is active, drop what waits, and wait
    TERMINATE = "terminate"  # end what is active, drop what waits, and start
    OVERLAP = "overlap"  # not started: something of its group is active or waiting
    BUFFER_FULL = "buffer_full"  # not started: too much waits
    LIMIT = "limit"  # not started: a limit of the workflow is full, and refuses


STARTS = frozenset({Decision.START, Decision.TERMINATE})
WAITS = frozenset({Decision.WAIT, Decision.CANCEL})
CLEARS = frozenset({Decision.CANCEL, Decision.TERMINATE})


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How many executions of a group are active, and how many wait."""

    active: int = 0
    waiting: int = 0

    def after(self, decision: Decision) -> "Occupancy":
        """Return what the group holds once `decision` is carried out."""
        match decision:
            case Decision.START:
                return Occupancy(self.active + 1, self.waiting)
            case Decision.WAIT:
                return Occupancy(self.active, self.waiting + 1)
            case Decision.CANCEL:
                return Occupancy(self.active, 1)
            case Decision.TERMINATE:
                return Occupancy(1, 0)
            case _:
                return self


def decide(
    policy: OverlapPolicy, group: Occupancy, *, limit: int, most_waiting: int = MAX_WAITING
) -> Decision:
    """Return what becomes of a start that finds its group as it is.

    Args:
        limit: how many may be active at once, 1 or more.
        most_waiting: how many may wait before this one is refused.
    """
    if policy is OverlapPolicy.ALLOW_ALL or (group.active < limit and not group.waiting):
        return Decision.START
    return _WHEN_FULL[policy](group, most_waiting)


def _buffer_one(group: Occupancy, _most: int) -> Decision:
    return Decision.OVERLAP if group.waiting else Decision.WAIT


def _buffer_all(group: Occupancy, most: int) -> Decision:
    return Decision.WAIT if group.waiting < most else Decision.BUFFER_FULL


_WHEN_FULL: dict[OverlapPolicy, Callable[[Occupancy, int], Decision]] = {
    OverlapPolicy.SKIP: lambda _group, _most: Decision.OVERLAP,
    OverlapPolicy.BUFFER_ONE: _buffer_one,
    OverlapPolicy.BUFFER_ALL: _buffer_all,
    OverlapPolicy.CANCEL_OTHER: lambda _group, _most: Decision.CANCEL,
    OverlapPolicy.TERMINATE_OTHER: lambda _group, _most: Decision.TERMINATE,
}
