"""Create, change, archive and restore workflows; load the definitions of versions."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from organizations.models import Organization
from workflows import registry
from workflows.checks.children import children
from workflows.definition import Definition, load_definition, parse_definition
from workflows.errors import (
    ArchivedWorkflow,
    DuplicateWorkflow,
    InvalidDefinition,
    InvalidWorkflow,
    Problem,
    StaleWorkflow,
)
from workflows.models import NAME, Activation, Workflow, WorkflowVersion


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
    workflow = Workflow(organization=organization, name=name, description=description, created_by=by)
    parsed = _checked(definition, workflow)
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
    based_on: int | None = None,
) -> Workflow:
    """Change a workflow; another definition than the current one becomes its next version.

    Running executions keep the version that they started with. A definition that equals the current one
    changes nothing.

    Raises:
        InvalidDefinition: the definition has problems; nothing is changed.
        ArchivedWorkflow: it is archived.
        StaleWorkflow: its current version is not `based_on`.
    """
    parsed = None if definition is None else _checked(definition, workflow)
    locked = lock_active(workflow, based_on=based_on)
    if description is not None:
        locked.description = description
        locked.save(update_fields=["description", "updated_at"])
    current = locked.current_version
    if parsed is not None and (current is None or definition_of(current.pk) != parsed):
        newest = locked.versions.order_by("-number").values_list("number", flat=True).first()
        _add_version(locked, parsed, number=(newest or 0) + 1, note=note, by=by)
    return locked


@transaction.atomic
def archive(workflow: Workflow, *, based_on: int | None = None) -> Workflow:
    """Refuse new executions from now on; running ones end as they would, and the history stays.

    Raises:
        StaleWorkflow: its current version is not `based_on`.
    """
    return _put(workflow, Workflow.State.ARCHIVED, based_on=based_on)


@transaction.atomic
def restore(workflow: Workflow, *, based_on: int | None = None) -> Workflow:
    """Take a workflow out of the archive: it can be started and changed again.

    Raises:
        StaleWorkflow: its current version is not `based_on`.
    """
    return _put(workflow, Workflow.State.ACTIVE, based_on=based_on)


def lock_active(workflow: Workflow, *, based_on: int | None) -> Workflow:
    """Return the workflow as it is now, locked until the transaction ends.

    Raises:
        ArchivedWorkflow: it is archived.
        StaleWorkflow: its current version is not `based_on`.
    """
    locked = _lock(workflow, based_on=based_on)
    if locked.state == Workflow.State.ARCHIVED:
        raise ArchivedWorkflow(locked.name)
    return locked


def make_current(workflow: Workflow, version: WorkflowVersion, *, note: str, by: str) -> None:
    """Let new executions run `version` from now on; the workflow is locked, or new."""
    workflow.current_version = version
    workflow.save(update_fields=["current_version", "updated_at"])
    Activation.objects.create(workflow=workflow, version=version, note=note, by=by)


def _lock(workflow: Workflow, *, based_on: int | None) -> Workflow:
    locked = (
        Workflow.objects.select_for_update(of=("self",)).select_related("current_version").get(pk=workflow.pk)
    )
    version = locked.current_version.number if locked.current_version else 0
    if based_on not in {None, version}:
        raise StaleWorkflow(based_on=based_on or 0, version=version)
    return locked


def _put(workflow: Workflow, state: Workflow.State, *, based_on: int | None) -> Workflow:
    locked = _lock(workflow, based_on=based_on)
    if locked.state != state:
        locked.state = state
        locked.save(update_fields=["state", "updated_at"])
    workflow.state = locked.state
    return locked


def _checked(definition: Mapping[str, Any] | str, workflow: Workflow) -> Definition:
    """Return the definition after all checks, those included that look at what else there is."""
    parsed = parse_definition(definition, tasks=registry.find)
    wanted = children(parsed)
    if wanted:
        others = Workflow.objects.filter(organization=workflow.organization_id, name__in=wanted.values())
        states = dict(others.values_list("name", "state"))
        if problems := [
            Problem(path=path, message=message)
            for path, name in wanted.items()
            if (message := _child_fault(name, own_name=workflow.name, state=states.get(name)))
        ]:
            raise InvalidDefinition(problems)
    return parsed


def _child_fault(name: str, *, own_name: str, state: str | None) -> str | None:
    if name == own_name:
        return "a workflow cannot start itself: it would do so without end"
    if state is None:
        return f"there is no workflow {name!r}; create it first"
    return None if state == Workflow.State.ACTIVE else f"workflow {name!r} is archived; restore it first"


def _add_version(workflow: Workflow, definition: Definition, *, number: int, note: str, by: str) -> None:
    version = WorkflowVersion.objects.create(
        workflow=workflow, number=number, definition=definition.to_data(), note=note, created_by=by
    )
    make_current(workflow, version, note=note, by=by)
