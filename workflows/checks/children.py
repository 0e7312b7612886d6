"""Which other workflows a definition starts."""

from typing import TYPE_CHECKING

from workflows.checks.places import places
from workflows.errors import dotted
from workflows.steps.workflow import WorkflowBody

if TYPE_CHECKING:
    from workflows.definition import Definition


def children(definition: "Definition") -> dict[str, str]:
    """Return the names of the workflows that its steps start, by the path of each name."""
    return {
        dotted((*place.path, "workflow")): place.body.workflow
        for place in places(definition)
        if isinstance(place.body, WorkflowBody)
    }
