"""What a saved definition calls: tasks that are registered, workflows that are there."""

import pytest
from celery import shared_task

from organizations.models import Organization
from tests.workflows.problems import setting
from workflows import registry, services
from workflows.errors import InvalidDefinition


@shared_task(name="tests.workflows.plain")
def plain(order, *, currency):
    """Take what a workflow gives."""


@shared_task(name="tests.workflows.bound", bind=True, autoretry_for=(ValueError,))
def bound(self, order):
    """Take the task as well, which no workflow gives."""


def calling(task: str, **fields) -> dict:
    return {"steps": [{"id": "a", "kind": "task", "task": task, **fields}]}


def child(name: str) -> dict:
    return {"steps": [{"id": "a", "kind": "workflow", "workflow": name}]}


def problems(organization: Organization, definition: dict) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        services.create(organization, name="parent", definition=definition)
    return {error["path"]: error["message"] for error in caught.value.errors}


def test_a_process_that_has_not_imported_them_knows_the_tasks_of_the_workers() -> None:
    assert registry.find("executions.sweep.wake") is not None
    assert registry.find("tests.workflows.nowhere") is None


@pytest.mark.parametrize(
    ("task", "fields"),
    [("plain", {"args": [1], "kwargs": {"currency": "EUR"}}), ("bound", {"args": [1]})],
)
def test_a_call_of_a_registered_task_is_saved(organization: Organization, task: str, fields: dict) -> None:
    services.create(organization, name="parent", definition=calling(f"tests.workflows.{task}", **fields))


def test_a_bound_task_is_not_given_itself(organization: Organization) -> None:
    found = problems(organization, calling("tests.workflows.bound", args=[1, 2]))

    assert found == {"steps[0].args[1]": "tests.workflows.bound takes 1 arguments by position at most"}


def test_an_unknown_task_is_saved_only_as_external(organization: Organization) -> None:
    assert "external: true" in problems(organization, calling("shop.charge"))["steps[0].task"]

    services.create(organization, name="parent", definition=calling("shop.charge", external=True))


def test_an_unknown_workflow_is_refused_until_it_is_there(organization: Organization) -> None:
    assert problems(organization, child("child")) == {
        "steps[0].workflow": "there is no workflow 'child'; create it first"
    }

    services.create(organization, name="child", definition={"steps": [setting("a")]})
    services.create(organization, name="parent", definition=child("child"))


def test_an_archived_workflow_is_not_started_by_others(organization: Organization) -> None:
    services.archive(services.create(organization, name="child", definition={"steps": [setting("a")]}))

    assert "is archived; restore it" in problems(organization, child("child"))["steps[0].workflow"]


def test_another_organizations_workflow_is_not_there(organization: Organization) -> None:
    other = Organization.objects.create(slug="globex", name="Globex")
    services.create(other, name="child", definition={"steps": [setting("a")]})

    assert "there is no workflow" in problems(organization, child("child"))["steps[0].workflow"]


def test_a_workflow_does_not_start_itself(organization: Organization) -> None:
    assert "without end" in problems(organization, child("parent"))["steps[0].workflow"]

    workflow = services.create(organization, name="parent", definition={"steps": [setting("a")]})
    with pytest.raises(InvalidDefinition, match="without end"):
        services.change(workflow, definition=child("parent"))
