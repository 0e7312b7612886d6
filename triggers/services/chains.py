"""The graph of workflows that start one another, and the loops that a trigger closes in it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from organizations.statements import executed
from triggers.errors import InvalidTrigger
from triggers.loops import loop_through, shown
from triggers.models import Trigger, TriggerState
from workflows.errors import Problem
from workflows.models import Workflow

Edges = dict[UUID, set[UUID]]

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('trigger chains:' || %s::text, 0))"
# Index: workflow_name_once. The definitions are read once, whatever the number of steps.
_CHILDREN = """
SELECT w.id, child.id
FROM workflows_workflow AS w
JOIN workflows_workflowversion AS v ON v.id = w.current_version_id
CROSS JOIN (VALUES ('$.steps[*]'), ('$.on_failure[*]'), ('$.always[*]'), ('$.steps[*].compensate'),
    ('$.on_failure[*].compensate'), ('$.always[*].compensate')) AS list (path)
CROSS JOIN jsonb_path_query(v.definition, (list.path || ' ? (@.kind == "workflow").workflow')::jsonpath) AS named
JOIN workflows_workflow AS child ON child.organization_id = w.organization_id AND child.name = named #>> '{}'
WHERE w.organization_id = %s
"""


def refuse_loops(trigger: Trigger) -> None:
    """Check that an active trigger with `after` closes no loop; of an organization one at a time, until the commit.

    Raises:
        InvalidTrigger: naming `after` and the workflows along the loop.
    """
    if not trigger.after or trigger.state != TriggerState.ACTIVE:
        return
    with executed(_LOCK, [trigger.organization_id]):
        pass
    causes = causes_of([(trigger.workflow_id, trigger.after)])
    loop = loop_through(started_edges(trigger), causes=causes, target=trigger.workflow_id)
    if loop:
        message = (
            f"closes a loop: {named(loop)}; take one of these ends out, or pause the trigger between two"
        )
        raise InvalidTrigger([Problem(path="after", message=message)])


def started_edges(trigger: Trigger) -> Edges:
    """Return what starts what for sure: chains, without the given one, and steps that start a child."""
    others = Trigger.objects.filter(organization_id=trigger.organization_id, state=TriggerState.ACTIVE)
    chains = list(others.exclude(after=[]).exclude(pk=trigger.pk).values_list("workflow_id", "after"))
    edges: Edges = defaultdict(set)
    for cause, targets in causes_of(chains).items():
        edges[cause] |= targets
    with executed(_CHILDREN, [trigger.organization_id]) as cursor:
        for parent, child in cursor:
            edges[parent].add(child)
    return edges


def causes_of(chains: Sequence[tuple[UUID, list[dict[str, Any]]]]) -> Edges:
    """Return the targets of chains by the workflows of which they follow an end.

    The end of a schedule's run closes no loop: what a trigger starts is no run of a schedule.
    """
    causes: Edges = defaultdict(set)
    for target, after in chains:
        for end in after:
            if "workflow" in end:
                causes[UUID(end["workflow"])].add(target)
    return causes


def named(loop: Sequence[UUID]) -> str:
    """Return a loop by the names of its workflows."""
    names = dict(Workflow.objects.filter(pk__in=set(loop)).values_list("pk", "name")) if loop else {}
    return shown([names[node] for node in loop if node in names])
