"""A line for each execution as it starts and ends."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from events.models import Event
from executions.models import Execution
from organizations.models import Organization
from workflows.models import Workflow

MARKS = {
    "workflow.started": "▶ started",
    "workflow.completed": "✔ completed",
    "workflow.failed": "✘ failed",
    "workflow.timed_out": "✘ timed out",
    "workflow.cancelled": "■ cancelled",
    "workflow.step.retrying": "↻ retrying",
    "workflow.step.waiting_for_approval": "? asks you",
}
BATCH = 200


class LiveLines:
    """Reads the event log from an instant on and prints what people want to see of it."""

    def __init__(self, organization: Organization, *, since: datetime, echo: Callable[[str], None]) -> None:
        self._organization = organization
        self._since = since
        self._echo = echo
        self._last: Event | None = None

    def print_new(self) -> None:
        """Print the lines of events that have become readable since the last call.

        While the database is away it prints nothing; the lines come later.
        """
        try:
            self._print_new()
        except (InterfaceError, OperationalError):
            connection.close()

    def _print_new(self) -> None:
        events = Event.objects.of(self._organization.pk).settled()
        new = events.after(self._last) if self._last else events.filter(at__gte=self._since)
        for event in new[:BATCH]:
            self._last = event
            if event.type in MARKS:
                self._echo(_line(event))


def _line(event: Event) -> str:
    name = _name(event.workflow_id) if event.workflow_id else ""
    return f"{event.at.astimezone():%H:%M:%S}  {name:<18} {MARKS[event.type]:<12} {_detail(event)}".rstrip()


def _detail(event: Event) -> str:
    match event.type:
        case "workflow.started":
            return f"by {event.data.get('source', '')}"
        case "workflow.completed":
            return f"after {_seconds(event):.2f} s"
        case "workflow.failed" | "workflow.timed_out":
            return str(event.data.get("error", ""))
        case "workflow.step.waiting_for_approval":
            return "approve or reject it on its page in the console"
        case "workflow.step.retrying":
            return f"step {event.data.get('step')}, attempt {event.data.get('attempt')} {event.data.get('outcome')}"
        case _:
            return ""


def _seconds(event: Event) -> float:
    executions = Execution.objects.filter(pk=event.execution_id)  # type: ignore[misc] # it always has one
    return (event.at - executions.values_list("created_at", flat=True).get()).total_seconds()


@lru_cache(maxsize=100)
def _name(workflow_id: UUID) -> str:
    return Workflow.objects.values_list("name", flat=True).get(pk=workflow_id)
