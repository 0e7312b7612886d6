"""How long the executions of schedules are expected to take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from uuid import UUID

from schedules.load import queries
from schedules.models import Schedule

BATCH = 1_000  # schedules per statement; keeps it well below the statement timeout


class Basis(StrEnum):
    """What an expected duration was taken from."""

    SCHEDULE = "schedule"  # the schedule's own newest executions
    WORKFLOW = "workflow"  # its workflow's: it has ended none yet
    ASSUMED = "assumed"  # nothing: neither has


@dataclass(frozen=True, slots=True)
class Duration:
    """Expected seconds of one execution."""

    mean: float
    p95: float
    basis: Basis

    def whole(self, measure: str) -> int:
        """Return `mean` or `p95`, rounded up to whole seconds, at least 1."""
        return max(1, ceil(self.p95 if measure == "p95" else self.mean))


ASSUMED = Duration(1, 1, Basis.ASSUMED)


def durations(schedules: Sequence[Schedule]) -> dict[UUID, Duration]:
    """Return by schedule id what its executions are expected to take, from recorded to finished.

    Measured over its own newest executions that completed or failed, or else
    its workflow's; 1 s where there are none.
    """
    own = {row.id: Duration(row.mean, row.p95, Basis.SCHEDULE) for row in _own(schedules)}
    others = {schedule.workflow_id for schedule in schedules if schedule.pk not in own}
    shared = {
        row.id: Duration(row.mean, row.p95, Basis.WORKFLOW)
        for part in _parts(sorted(others))
        for row in queries.of_workflows(part)
    }
    return {
        schedule.pk: own.get(schedule.pk) or shared.get(schedule.workflow_id, ASSUMED)
        for schedule in schedules
    }


def _own(schedules: Sequence[Schedule]) -> Iterable[queries.Measured]:
    for part in _parts([schedule.pk for schedule in schedules]):
        yield from queries.of_schedules(part)


def _parts(ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))
