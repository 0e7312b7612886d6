"""A workflow with limits, and what became of its starts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import clock
from executions import services
from executions.models import Execution, Place, Source
from executions.services import Start, Started, start_many
from organizations.models import Organization
from workflows import services as workflow_services
from workflows.models import Workflow

Shift = Callable[[timedelta], None]
STEP = {"id": "a", "kind": "set", "values": {}}
KEY = "${{ input.customer }}"


@dataclass
class Limited:
    """A workflow whose executions are told apart by a letter, in the order in which they were started."""

    workflow: Workflow
    ids: dict[str, UUID] = field(default_factory=dict)

    def cause(self, customer: str = "acme", **changes: Any) -> Start:
        wanted: dict[str, Any] = {"workflow": self.workflow, "source": Source.MANUAL}
        return Start(**(wanted | {"input": {"customer": customer}} | changes))

    def start(self, name: str, customer: str = "acme", **changes: Any) -> Started:
        """Start one, or raise what refuses it."""
        started = services.start(self.cause(customer, **changes), now=clock.now())
        self.ids[name] = started.id
        return started

    def start_many(self, names: str, **changes: Any) -> list[str]:
        """Start one for each letter with one call, and return the decisions."""
        verdicts = start_many([self.cause(**changes) for _ in names], now=clock.now())
        self.ids |= {n: v.id for n, v in zip(names, verdicts, strict=True) if v.id is not None}
        return [verdict.decision.value for verdict in verdicts]

    def start_each(self, names: str, customer: str = "acme") -> None:
        for name in names:
            self.start(name, customer)

    def get(self, name: str) -> Execution:
        return Execution.objects.get(pk=self.ids[name])

    def cancel(self, name: str) -> None:
        services.cancel(self.get(name), by="ada", now=clock.now())

    def named(self, state: str) -> str:
        """Return the letters of the executions in a state."""
        return "".join(sorted(name for name in self.ids if self.get(name).state == state))

    def change(self, *limits: dict[str, Any]) -> None:
        """Save another version, with other limits."""
        workflow_services.change(self.workflow, definition={"limits": list(limits), "steps": [STEP]})
        self.workflow.refresh_from_db()


MakeLimited = Callable[..., Limited]


def limited(
    organization: Organization, *limits: dict[str, Any], name: str = "report", **more: Any
) -> Limited:
    """Make a workflow with limits; `more` goes into its definition."""
    definition = {"limits": list(limits), "steps": [STEP], **more}
    return Limited(workflow_services.create(organization, name=name, definition=definition))


def held() -> int:
    """Return how many places are held by anybody."""
    return Place.objects.filter(admitted_at__isnull=False, released_at__isnull=True).count()
