"""Events as filters, conditions and mappings see them: `{"id", "type", "source", "subject", "time", "data", …}`.

What was sent is shown as its sender wrote it. What Horarium tells itself has the
source `horarium`, and in its data the facts of the event with those of its
execution: `workflow_id`, `workflow`, `schedule_id`, `schedule`, `execution_id`,
`fire_at`, `state`, `source`, `error`, `depth`, and `output` once it has completed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from events.models import Event
from executions.models import Execution, StepRun
from executions.models.step_run import WHOLE
from executions.running.outputs import giving_step
from executions.states import ExecutionState
from organizations.rows import Columns
from organizations.statements import executed
from schedules.models import Schedule
from triggers.matching import OWN
from workflows.models import Workflow
from workflows.services import definition_of


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the log, as it is shown. `depth`: how many ends and events led to it."""

    id: int
    organization_id: UUID
    shown: dict[str, Any]
    depth: int = 0


_EVENT = Columns(Event, alias="e")
_EVENTS = f"SELECT {_EVENT.text} FROM events_event AS e WHERE e.id = ANY(%s::bigint[]) ORDER BY e.id"  # noqa: S608


def told(event_ids: Collection[int]) -> dict[int, Told]:
    """Return events by their ids, in that order, those that are there; with a bounded number of statements."""
    with executed(_EVENTS, [list(event_ids)]) as cursor:
        rows = [_EVENT.row(values) for values in cursor]
    about = _About(rows)
    return {row.pk: _told(row, about) for row in rows}


def _told(row: Event, about: "_About") -> Told:
    execution = about.executions.get(row.execution_id) if row.execution_id else None
    depth = execution.depth if execution else 0
    if not row.source:
        return Told(row.pk, row.organization_id, _own(row, about), depth)
    attributes: Mapping[str, Any] = row.data
    # A sender counts the execution that it starts as well; see `Horarium-Depth`.
    return Told(row.pk, row.organization_id, sent(row), max(depth, attributes.get("depth", 0) - 1))


def sent(row: Event) -> dict[str, Any]:
    """Return an event that was sent."""
    kept: dict[str, Any] = row.data
    return {
        **kept.get("extensions", {}),
        **{name: kept[name] for name in ("datacontenttype", "dataschema", "data_base64") if name in kept},
        "id": row.external_id,
        "type": row.type,
        "source": row.source,
        "subject": row.subject or None,
        "time": kept["time"] or row.at.isoformat(),
        "data": kept["data"],
    }


def _own(row: Event, about: "_About") -> dict[str, Any]:
    subject = row.execution_id or row.schedule_id or row.workflow_id
    return {
        "id": str(row.pk),
        "type": row.type,
        "source": OWN,
        "subject": str(subject) if subject else None,
        "time": row.at.isoformat(),
        "data": {**row.data, **about.facts(row)},
    }


class _About:
    """What is known about the executions, workflows and schedules of some events, read at once."""

    def __init__(self, rows: Collection[Event]) -> None:
        ids = {row.execution_id for row in rows if row.execution_id}
        self.executions = Execution.objects.filter(pk__in=ids).defer("input").in_bulk() if ids else {}
        own = [row for row in rows if not row.source]
        self._workflows = _names(Workflow, {row.workflow_id for row in own if row.workflow_id})
        self._schedules = _names(Schedule, {row.schedule_id for row in own if row.schedule_id})
        self._outputs = _outputs(
            [self.executions[row.execution_id] for row in own if row.execution_id in self.executions]
        )

    def facts(self, row: Event) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        if row.workflow_id:
            facts |= {"workflow_id": str(row.workflow_id), "workflow": self._workflows.get(row.workflow_id)}
        if row.schedule_id:
            facts |= {"schedule_id": str(row.schedule_id), "schedule": self._schedules.get(row.schedule_id)}
        if row.execution_id:
            facts["execution_id"] = str(row.execution_id)
            facts |= self._of_execution(row.execution_id)
        return facts

    def _of_execution(self, execution_id: UUID) -> dict[str, Any]:
        execution = self.executions.get(execution_id)
        if execution is None:
            return {}
        return {
            "state": execution.state,
            "source": execution.source,
            "fire_at": execution.fire_at.isoformat() if execution.fire_at else None,
            "error": execution.error,
            "depth": execution.depth,
            "output": self._outputs.get(execution_id),
        }


def _names(kind: type[Workflow] | type[Schedule], ids: Collection[UUID]) -> dict[UUID, str]:
    return dict(kind.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _outputs(executions: Collection[Execution]) -> dict[UUID, Any]:
    """Return what completed executions have given; see `executions.running.outputs`."""
    giving = {
        execution.pk: step
        for execution in executions
        if execution.state == ExecutionState.COMPLETED
        and (step := giving_step(definition_of(execution.version_id)))
    }
    if not giving:
        return {}
    rows = StepRun.objects.filter(execution__in=giving, item_index=WHOLE, step__in=set(giving.values()))
    found = rows.values_list("execution_id", "step", "output")
    return {pk: output for pk, step, output in found if giving[pk] == step}
