"""Create, change and archive workflows; load the definitions of versions."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from organizations.models import Organization
from workflows.definition import Definition, load_definition, parse_definition
from workflows.errors import ArchivedWorkflow, DuplicateWorkflow, InvalidWorkflow, Problem
from workflows.models import NAME, Workflow, WorkflowVersion


@lru_cache(maxsize=1024)  # versions never change, so a cached one is never stale
def definition_of(version_id: UUID) -> Definition:
    """Return the definition of a version, compiled once per process."""
    return load_definition(WorkflowVersion.objects.values_list("definition", flat=True).get(pk=version_id))


@transaction.atomic
def create(
    organization: Organization,
    *,
    name: str,
    definition: Mapping[str, Any] | str,
    description: str = "",
    note: str = "",
    by: str = "",
) -> Workflow:
    """Create a workflow with its first version.

    Args:
        definition: plain JSON values, or YAML or JSON text.

    Raises:
        InvalidDefinition: the definition has problems; nothing is created.
        InvalidWorkflow: the name cannot be used.
        DuplicateWorkflow: the organization has a workflow of this name.
    """
    if not re.fullmatch(NAME.regex, name):
        raise InvalidWorkflow([Problem(path="name", message=str(NAME.message))])
    parsed = parse_definition(definition)
    workflow = Workflow(organization=organization, name=name, description=description, created_by=by)
    try:
        with transaction.atomic():
            workflow.save(force_insert=True)
    except IntegrityError:
        raise DuplicateWorkflow(name) from None
    _add_version(workflow, parsed, number=1, note=note, by=by)
    return workflow


@transaction.atomic
def change(
    workflow: Workflow,
    *,
    definition: Mapping[str, Any] | str | None = None,
    description: str | None = None,
    note: str = "",
    by: str = "",
) -> Workflow:
    """Change a workflow; another definition becomes its next version, an equal one changes nothing.

    Running executions keep the version that they started with.

    Raises:
        InvalidDefinition: the definition has problems; nothing is changed.
        ArchivedWorkflow: it is archived.
    """
    locked = Workflow.objects.select_for_update().get(pk=workflow.pk)
    if locked.state == Workflow.State.ARCHIVED:
        raise ArchivedWorkflow(locked.name)
    if description is not None:
        locked.description = description
        locked.save(update_fields=["description", "updated_at"])
    if definition is not None:
        _add_version_if_new(locked, parse_definition(definition), note=note, by=by)
    return locked


def archive(workflow: Workflow) -> None:
    """Refuse new executions from now on; running ones end as they would, and the history stays."""
    Workflow.objects.filter(pk=workflow.pk).update(state=Workflow.State.ARCHIVED)
    workflow.state = Workflow.State.ARCHIVED


def _add_version_if_new(workflow: Workflow, definition: Definition, *, note: str, by: str) -> None:
    newest = workflow.versions.order_by("-number").first()
    if newest is not None and newest.definition == definition.to_data():
        return
    _add_version(workflow, definition, number=newest.number + 1 if newest else 1, note=note, by=by)


def _add_version(workflow: Workflow, definition: Definition, *, number: int, note: str, by: str) -> None:
    workflow.current_version = WorkflowVersion.objects.create(
        workflow=workflow, number=number, definition=definition.to_data(), note=note, created_by=by
    )
    workflow.save(update_fields=["current_version", "updated_at"])
