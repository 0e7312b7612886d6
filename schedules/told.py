"""The events that schedules append."""

from datetime import datetime
from typing import Any

from events.services import NewEvent
from schedules.models import Schedule


def schedule_event(schedule: Schedule, type_: str, *, now: datetime, **data: Any) -> NewEvent:
    """Return an event about a schedule; `data` holds small facts."""
    return NewEvent(
        organization_id=schedule.organization_id,
        type=type_,
        at=now,
        workflow_id=schedule.workflow_id,
        schedule_id=schedule.pk,
        data=data,
    )
