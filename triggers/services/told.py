"""Loops over triggers by types of events: filters and conditions may prevent them, so they are only told of."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from organizations.viewsets import as_id
from triggers.loops import loop_through
from triggers.matching import OWN
from triggers.models import Trigger, TriggerState
from triggers.services.chains import Edges, causes_of, named, started_edges
from workflows.models import Workflow

ANY = UUID(int=0)  # a node between every workflow and what the events of any workflow start
OF_RUNS = "workflow."  # how the types begin that an execution tells
OF_SCHEDULES = frozenset({"data.schedule", "data.schedule_id"})


def possible_loop(trigger: Trigger) -> str:
    """Return a loop that a trigger may close over triggers by types of events, or ""."""
    if not trigger.after and not _is_of_runs(trigger):
        return ""
    ids = dict(Workflow.objects.filter(organization=trigger.organization_id).values_list("name", "pk"))
    edges = started_edges(trigger)
    _add_told(edges, trigger, ids)
    chains = causes_of([(trigger.workflow_id, trigger.after)])
    causes = set(chains) if trigger.after else _told_by(trigger.filters, ids)
    causes = (set(ids.values()) if ANY in causes else causes) - (
        {trigger.workflow_id} if trigger.pattern else set()
    )
    return named(loop_through(edges, causes=causes, target=trigger.workflow_id))


def _is_of_runs(trigger: Trigger) -> bool:
    return trigger.pattern.startswith(OF_RUNS) and trigger.source in {"", OWN}


def _add_told(edges: Edges, trigger: Trigger, ids: Mapping[str, UUID]) -> None:
    """Add what other triggers start by the types of the events that executions tell."""
    others = Trigger.objects.filter(
        pattern__startswith=OF_RUNS,
        organization=trigger.organization_id,
        state=TriggerState.ACTIVE,
        source__in=["", OWN],
    ).exclude(pk=trigger.pk)
    told: Edges = defaultdict(set)
    for target, filters in others.values_list("workflow_id", "filters"):
        for cause in _told_by(filters, ids) - {target}:
            told[cause].add(target)
    if ANY in told:
        for node in ids.values():
            told[node].add(ANY)
    for cause, targets in told.items():
        edges[cause] |= targets


def _told_by(filters: Mapping[str, Any], ids: Mapping[str, UUID]) -> set[UUID]:
    """Return the workflows whose events pass filters: the one that they name, none of a schedule's, or any."""
    if filters.keys() & OF_SCHEDULES:
        return set()  # what a trigger starts belongs to no schedule
    if "data.workflow_id" in filters:
        named_id = as_id(str(filters["data.workflow_id"]))
        return {named_id} if named_id else set()
    if "data.workflow" in filters:
        found = ids.get(str(filters["data.workflow"]))
        return {found} if found else set()
    return {ANY}
