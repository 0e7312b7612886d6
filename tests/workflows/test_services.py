"""Workflows and their versions, in the database."""

import pytest
from django.db import DatabaseError, transaction

from organizations.models import Organization
from tests.conftest import MakeWorkflow
from workflows import services
from workflows.errors import ArchivedWorkflow, DuplicateWorkflow, InvalidDefinition, InvalidWorkflow
from workflows.models import Workflow, WorkflowVersion

ONE = {"steps": [{"id": "a", "kind": "set", "values": {"n": 1}}]}
TWO = {"steps": [{"id": "a", "kind": "set", "values": {"n": 2}}]}


@pytest.mark.parametrize("name", ["a b", "Report", "", "9lives", "x" * 101, "schema"])
def test_a_name_that_cannot_be_used_is_refused(organization: Organization, name: str) -> None:
    with pytest.raises(InvalidWorkflow, match="name"):
        services.create(organization, name=name, definition=ONE)


def test_a_name_is_taken_once(organization: Organization) -> None:
    services.create(organization, name="report", definition=ONE)

    with pytest.raises(DuplicateWorkflow):
        services.create(organization, name="report", definition=ONE)


def test_an_invalid_definition_creates_nothing(organization: Organization) -> None:
    with pytest.raises(InvalidDefinition, match=r"steps\[0\]\.kind"):
        services.create(organization, name="report", definition={"steps": [{"id": "a"}]})

    assert not Workflow.objects.exists()


def test_another_definition_becomes_the_next_version(organization: Organization) -> None:
    workflow = services.create(organization, name="report", definition=ONE)

    changed = services.change(workflow, definition=TWO, note="more", by="ada")

    assert changed.current_version is not None
    assert (changed.current_version.number, changed.current_version.note) == (2, "more")


def test_an_equal_definition_changes_nothing(organization: Organization) -> None:
    workflow = services.create(organization, name="report", definition=ONE)

    services.change(workflow, definition="steps:\n  - {id: a, kind: set, values: {n: 1}}\n")

    assert WorkflowVersion.objects.count() == 1


def test_the_database_refuses_to_change_a_version(make_workflow: MakeWorkflow) -> None:
    make_workflow()

    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        WorkflowVersion.objects.update(note="changed")


def test_an_archived_workflow_is_kept_as_it_is(organization: Organization) -> None:
    workflow = services.create(organization, name="report", definition=ONE)
    services.archive(workflow)

    with pytest.raises(ArchivedWorkflow):
        services.change(workflow, definition=TWO)
