"""Which dead letters are meant: the filters of lists and of what is done to many at once."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.apps import apps
from django.db.models import QuerySet

from executions.models import DeadLetter
from organizations.viewsets import as_id
from workflows.models import Workflow

MOST_OF_A_NAME = 100  # an archived schedule keeps its name, which others may take


class Filter(TypedDict, total=False):
    """What letters must have; workflow and schedule by id or name, times of the failure."""

    workflow: str
    schedule: str
    cause: str
    resolution: str
    reason_contains: str
    created_after: datetime  # inclusive
    created_before: datetime  # exclusive
    ids: Collection[UUID]


def narrowed(rows: QuerySet[DeadLetter], wanted: Filter, *, organization_id: UUID) -> QuerySet[DeadLetter]:
    """Return those of an organization's dead letters that have all that is wanted."""
    conditions = {
        condition: read(wanted[name], organization_id)  # type: ignore[literal-required]
        for name, (condition, read) in _CONDITIONS.items()
        if name in wanted
    }
    return rows.filter(organization_id=organization_id, **conditions)


def _workflow_id(named: str, organization_id: UUID) -> UUID | None:
    if (given := as_id(named)) is not None:
        return given
    own = Workflow.objects.filter(organization_id=organization_id, name=named)
    return own.values_list("pk", flat=True).first()


def _schedule_ids(named: str, organization_id: UUID) -> list[UUID]:
    if (given := as_id(named)) is not None:
        return [given]
    # By its label: schedules know executions, not the other way round.
    own = apps.get_model("schedules.Schedule").objects.filter(organization_id=organization_id, name=named)
    return list(own.values_list("pk", flat=True)[:MOST_OF_A_NAME])


def _as_given(value: Any, organization_id: UUID) -> Any:
    del organization_id
    return value


_CONDITIONS: dict[str, tuple[str, Callable[[Any, UUID], Any]]] = {
    "workflow": ("execution__workflow_id", _workflow_id),
    "schedule": ("execution__schedule_id__in", _schedule_ids),
    "cause": ("cause", _as_given),
    "resolution": ("resolution", _as_given),
    "reason_contains": ("reason__icontains", _as_given),
    "created_after": ("created_at__gte", _as_given),
    "created_before": ("created_at__lt", _as_given),
    "ids": ("pk__in", _as_given),
}
