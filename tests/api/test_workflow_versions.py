"""Versions of a workflow over the API: compared, activated, rolled back, and never overwritten by surprise."""

import pytest
from rest_framework.test import APIClient

from organizations.roles import Role
from tests.api.conftest import V1, paths
from workflows import services
from workflows.models import Workflow

URL = f"{V1}/workflows/report/"
YAML = "steps:\n  - id: only\n    kind: set\n    values: {}\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def changed(workflow: Workflow) -> Workflow:
    """Return a workflow with two versions."""
    return services.change(workflow, definition=YAML)


def test_a_version_is_activated_with_a_note(api: APIClient, changed: Workflow):
    answer = api.post(f"{URL}versions/1/activate/", {"note": "2 is wrong"})

    assert answer.status_code == 200
    assert (answer.json()["version"], answer["ETag"]) == (1, '"1"')
    assert api.get(URL).json()["definition"]["steps"][0]["id"] == "greet"
    assert changed.activations.latest("id").note == "2 is wrong"
    assert changed.activations.latest("id").by == "API key admin of acme"


def test_a_roll_back_activates_the_version_before(api: APIClient, changed: Workflow):
    assert api.post(f"{URL}rollback/").json()["version"] == 1
    assert api.post(f"{URL}rollback/").json()["version"] == 2


def test_without_a_version_before_a_roll_back_is_a_conflict(api: APIClient, workflow: Workflow):
    answer = api.post(f"{URL}rollback/")

    assert answer.status_code == 409
    assert "nothing to roll back to" in answer.json()["error"]["message"]


@pytest.mark.parametrize("query", ["?to=2", ""])
def test_two_versions_are_compared(api: APIClient, changed: Workflow, query: str):
    body = api.get(f"{URL}versions/1/diff/{query}").json()

    assert [change["path"] for change in body["changes"]] == [
        "inputs.properties", "inputs.additionalProperties", "steps[greet]", "steps[only]",
    ]  # fmt: skip
    assert body["changes"][1] == {"path": "inputs.additionalProperties", "from": False, "to": None}
    assert body["text"].startswith("--- version 1\n+++ version 2\n")
    assert "+  - id: only\n" in body["text"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "versions/9/diff/"), ("get", "versions/1/diff/?to=9"), ("post", "versions/9/activate/")],
)
def test_a_version_that_is_not_there_is_not_found(api: APIClient, changed: Workflow, method: str, path: str):
    assert getattr(api, method)(URL + path).status_code == 404


@pytest.mark.parametrize("query", ["to=x", "to=0", "from=1"])
def test_a_comparison_with_nothing_is_refused(api: APIClient, changed: Workflow, query: str):
    assert api.get(f"{URL}versions/1/diff/?{query}").status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("patch", "", {"definition": YAML}),
        ("put", "", {"definition": YAML}),
        ("delete", "", None),
        ("post", "restore/", None),
        ("post", "rollback/", None),
        ("post", "versions/1/activate/", None),
    ],
)
def test_a_write_based_on_an_older_version_is_a_conflict(
    api: APIClient, changed: Workflow, method: str, path: str, body: dict | None
):
    answer = getattr(api, method)(URL + path, body, headers={"If-Match": '"1"'})

    assert answer.status_code == 409
    assert (answer.json()["error"]["code"], paths(answer)) == ("stale", ["version"])
    assert Workflow.objects.get(pk=changed.pk).current_version_id == changed.current_version_id


def test_a_write_based_on_what_was_read_is_made(api: APIClient, changed: Workflow):
    etag = api.get(URL)["ETag"]

    answer = api.patch(URL, {"description": "weekly"}, headers={"If-Match": etag})

    assert (answer.status_code, answer["ETag"]) == (200, '"2"')


def test_a_document_of_an_older_version_is_not_put_back(api: APIClient, changed: Workflow):
    document = {**api.get(URL).json(), "version": 1}

    assert api.put(URL, document).status_code == 409


def test_an_archived_workflow_is_restored(api: APIClient, workflow: Workflow):
    api.delete(URL)

    answer = api.post(f"{URL}restore/")

    assert (answer.status_code, answer.json()["state"]) == (200, "active")
    assert api.post(f"{URL}start/").status_code == 201


@pytest.mark.parametrize("path", ["restore/", "rollback/", "versions/1/activate/"])
def test_an_operator_does_not_decide_on_versions(program, changed: Workflow, path: str):
    assert program(Role.OPERATOR).post(URL + path).status_code == 403


@pytest.mark.parametrize("path", ["restore/", "rollback/", "versions/1/activate/"])
def test_an_unknown_field_is_refused(api: APIClient, changed: Workflow, path: str):
    assert paths(api.post(URL + path, {"colour": "red"})) == ["colour"]
