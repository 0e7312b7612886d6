"""Which version new executions run, and who said so."""

import pytest

from organizations.models import Organization
from workflows import services, versions
from workflows.errors import ArchivedWorkflow, NoEarlierVersion, StaleWorkflow
from workflows.models import Activation, Workflow, WorkflowVersion


def definition(n: int) -> dict:
    return {"steps": [{"id": "a", "kind": "set", "values": {"n": n}}]}


@pytest.fixture
def workflow(organization: Organization) -> Workflow:
    """Return a workflow with versions 1, 2 and 3."""
    made = services.create(organization, name="report", definition=definition(1), note="first", by="ada")
    for n in (2, 3):
        made = services.change(made, definition=definition(n))
    return made


def number_of(workflow: Workflow) -> int:
    current = Workflow.objects.select_related("current_version").get(pk=workflow.pk).current_version
    assert current is not None
    return current.number


def version_of(workflow: Workflow, number: int) -> WorkflowVersion:
    return workflow.versions.get(number=number)


def test_an_older_version_is_current_again_without_another_number(workflow: Workflow) -> None:
    changed = versions.activate(version_of(workflow, 1), note="3 loses rows", by="ada")

    assert changed.current_version_id == version_of(workflow, 1).pk
    assert WorkflowVersion.objects.count() == 3
    newest = workflow.activations.latest("id")
    assert (newest.version.number, newest.note, newest.by) == (1, "3 loses rows", "ada")


def test_every_version_that_became_current_is_on_record(workflow: Workflow) -> None:
    versions.activate(version_of(workflow, 1))

    recorded = Activation.objects.filter(workflow=workflow).order_by("id")

    assert [one.version.number for one in recorded] == [1, 2, 3, 1]
    assert (recorded[0].note, recorded[0].by) == ("first", "ada")


def test_activating_the_current_version_changes_nothing(workflow: Workflow) -> None:
    versions.activate(version_of(workflow, 3))

    assert Activation.objects.count() == 3


def test_a_roll_back_goes_to_the_version_that_was_current_before(workflow: Workflow) -> None:
    versions.activate(version_of(workflow, 1))

    versions.roll_back(workflow)

    assert number_of(workflow) == 3


def test_a_second_roll_back_undoes_the_first(workflow: Workflow) -> None:
    versions.roll_back(workflow)
    assert number_of(workflow) == 2

    versions.roll_back(workflow)
    assert number_of(workflow) == 3


def test_without_an_earlier_version_there_is_no_way_back(organization: Organization) -> None:
    workflow = services.create(organization, name="report", definition=definition(1))

    with pytest.raises(NoEarlierVersion, match="has had no other version"):
        versions.roll_back(workflow)


def test_after_a_roll_back_the_next_version_has_the_next_number(workflow: Workflow) -> None:
    versions.activate(version_of(workflow, 1))

    services.change(workflow, definition=definition(4))

    assert number_of(workflow) == 4


def test_saving_what_is_current_changes_nothing_though_it_is_not_the_newest(workflow: Workflow) -> None:
    versions.activate(version_of(workflow, 1))

    services.change(workflow, definition=definition(1))

    assert (number_of(workflow), WorkflowVersion.objects.count()) == (1, 3)


def test_saving_what_was_stored_before_a_field_existed_changes_nothing(workflow: Workflow) -> None:
    stored = {"steps": [{"id": "a", "kind": "set", "values": {"n": 9}}]}
    old = WorkflowVersion.objects.create(workflow=workflow, number=4, definition=stored)
    Workflow.objects.filter(pk=workflow.pk).update(current_version=old)

    services.change(workflow, definition=definition(9))

    assert number_of(workflow) == 4


@pytest.mark.parametrize(
    "write",
    [
        lambda workflow: services.change(workflow, definition=definition(9), based_on=2),
        lambda workflow: services.archive(workflow, based_on=2),
        lambda workflow: services.restore(workflow, based_on=2),
        lambda workflow: versions.activate(version_of(workflow, 1), based_on=2),
        lambda workflow: versions.roll_back(workflow, based_on=2),
    ],
)
def test_a_write_based_on_another_version_changes_nothing(workflow: Workflow, write) -> None:
    with pytest.raises(StaleWorkflow, match="is at version 3; the change was based on 2"):
        write(workflow)

    workflow.refresh_from_db()
    assert (number_of(workflow), workflow.state) == (3, "active")


def test_a_write_based_on_the_current_version_is_made(workflow: Workflow) -> None:
    services.change(workflow, definition=definition(9), based_on=3)

    assert number_of(workflow) == 4


@pytest.mark.parametrize(
    "write", [lambda workflow: versions.activate(version_of(workflow, 1)), versions.roll_back]
)
def test_the_current_version_of_an_archived_workflow_stays(workflow: Workflow, write) -> None:
    services.archive(workflow)

    with pytest.raises(ArchivedWorkflow):
        write(workflow)


def test_a_restored_workflow_can_be_changed_again(workflow: Workflow) -> None:
    services.archive(workflow)

    services.restore(workflow)

    assert services.change(workflow, definition=definition(9)).state == "active"
    assert number_of(workflow) == 4
