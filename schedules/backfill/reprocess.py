"""Which times of a backfill are run, given what they have already. Reads nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from executions.states import EXECUTION_FAILED, EXECUTION_FINAL, ExecutionState
from schedules.models import Backfill

Reprocess = Backfill.Reprocess

# What is still running or waiting is never run a second time beside itself.
RUN_AGAIN: dict[Reprocess, frozenset[ExecutionState]] = {
    Reprocess.MISSING: frozenset(),
    Reprocess.FAILED: EXECUTION_FAILED | {ExecutionState.CANCELLED},
    Reprocess.ALL: EXECUTION_FINAL,
}


@dataclass(frozen=True, slots=True)
class Part:
    """The next times of a backfill.

    Attributes:
        wanted: to be run, in order.
        passed_over: how many are left as they are.
        cursor: the last time that is in either.
    """

    wanted: tuple[datetime, ...]
    passed_over: int
    cursor: datetime


def is_run(reprocess: str, state: str | None) -> bool:
    """Return whether a time is run whose newest execution is in `state`; None where it has none."""
    return state is None or state in RUN_AGAIN[Reprocess(reprocess)]


def next_part(
    times: Sequence[datetime], states: Mapping[datetime, str], *, reprocess: str, most: int
) -> Part:
    """Take times in order, one at least, until `most` are to be run.

    Args:
        states: of the newest execution, for the times that have one.
    """
    wanted: list[datetime] = []
    taken = 0
    for at in times:
        if len(wanted) == most:
            break
        taken += 1
        if is_run(reprocess, states.get(at)):
            wanted.append(at)
    return Part(tuple(wanted), taken - len(wanted), times[taken - 1])
