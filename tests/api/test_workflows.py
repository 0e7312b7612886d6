"""Workflows: made, changed, archived, started."""

import pytest
from rest_framework.test import APIClient

from executions.models import Execution
from tests.api.conftest import DEFINITION, V1, names, paths
from workflows import services
from workflows.models import Workflow

URL = f"{V1}/workflows/"
YAML = "steps:\n  - id: only\n    kind: set\n    values: {}\n"

pytestmark = pytest.mark.django_db


def test_a_created_workflow_is_answered_with_its_first_version(api: APIClient):
    answer = api.post(URL, {"name": "report", "definition": DEFINITION, "note": "first"})

    assert answer.status_code == 201
    body = answer.json()
    assert (body["name"], body["version"], body["state"]) == ("report", 1, "active")
    assert body["created_at"].endswith("Z")
    assert body["definition"]["steps"][0]["id"] == "greet"


def test_a_definition_may_be_yaml(api: APIClient):
    answer = api.post(URL, {"name": "report", "definition": YAML})

    assert answer.status_code == 201
    assert answer.json()["definition"]["steps"][0]["kind"] == "set"


def test_a_workflow_is_found_by_id_and_by_name(api: APIClient, workflow: Workflow):
    by_name = api.get(f"{URL}report/").json()

    assert by_name == api.get(f"{URL}{workflow.pk}/").json()
    assert by_name == api.get("/api/workflows/report").json()


def test_another_definition_becomes_the_next_version(api: APIClient, workflow: Workflow):
    answer = api.patch(f"{URL}report/", {"definition": YAML, "note": "simpler"})

    assert answer.json()["version"] == 2
    versions = api.get(f"{URL}report/versions/").json()["results"]
    assert [(row["number"], row["note"]) for row in versions] == [(2, "simpler"), (1, "")]
    assert api.get(f"{URL}report/versions/1/").json()["definition"]["steps"][0]["id"] == "greet"
    assert api.get(f"{URL}report/versions/3/").status_code == 404


def test_the_document_that_was_read_can_be_put_back(api: APIClient, workflow: Workflow):
    document = api.get(f"{URL}report/").json()

    answer = api.put(f"{URL}report/", {**document, "description": "weekly"}, format="json")

    assert answer.status_code == 200
    assert (answer.json()["version"], answer.json()["description"]) == (1, "weekly")


def test_a_put_without_definition_names_it(api: APIClient, workflow: Workflow):
    assert paths(api.put(f"{URL}report/", {"description": "weekly"})) == ["definition"]


def test_a_workflow_keeps_its_name(api: APIClient, workflow: Workflow):
    assert paths(api.patch(f"{URL}report/", {"name": "other"})) == ["name"]


def test_an_archived_workflow_starts_nothing_and_leaves_the_list(api: APIClient, workflow: Workflow):
    assert api.delete(f"{URL}report/").status_code == 204

    assert api.post(f"{URL}report/start/").status_code == 409
    assert names(api.get(URL)) == []
    assert names(api.get(URL, {"state": "archived"})) == ["report"]


def test_the_schema_of_definitions_is_given(api: APIClient):
    assert "steps" in api.get(f"{URL}schema/").json()["properties"]


def test_a_list_can_be_searched_by_name(api: APIClient, organization):
    for name in ("report", "backup"):
        services.create(organization, name=name, definition=DEFINITION)

    assert names(api.get(URL)) == ["backup", "report"]
    assert names(api.get(URL, {"search": "EPO"})) == ["report"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"definition": YAML}, "name"),
        ({"name": "Not a name", "definition": YAML}, "name"),
        ({"name": "nul\0", "definition": YAML}, "name"),
        ({"name": 5, "definition": YAML}, "name"),
        ({"name": "report"}, "definition"),
        ({"name": "report", "definition": None}, "definition"),
        ({"name": "report", "definition": [1]}, "definition"),
        ({"name": "report", "definition": "steps: ["}, "definition"),
        (
            {"name": "report", "definition": {"steps": [{"id": "a", "kind": "nothing"}]}},
            "definition.steps[0].kind",
        ),
        (
            {"name": "report", "definition": {"steps": [{"id": "a", "kind": "set"}]}},
            "definition.steps[0].values",
        ),
        ({"name": "report", "definition": YAML, "colour": "red"}, "colour"),
        ({"name": "report", "definition": YAML, "state": "archived"}, "state"),
        ({"name": "report", "definition": YAML, "note": "x" * 501}, "note"),
        ({"name": "report", "definition": YAML, "description": "x" * 2001}, "description"),
    ],
)
def test_what_is_wrong_with_a_workflow_is_named(api: APIClient, body: dict, path: str):
    answer = api.post(URL, body)

    assert answer.status_code == 400
    assert path in paths(answer)
    assert path in answer.json()["error"]["message"]


def test_a_name_that_is_taken_is_a_conflict(api: APIClient, workflow: Workflow):
    answer = api.post(URL, {"name": "report", "definition": YAML})

    assert answer.status_code == 409
    assert paths(answer) == ["name"]


def test_a_start_is_recorded_and_answered_with_its_id(api: APIClient, workflow: Workflow):
    body = {"input": {"city": "Bern"}, "priority": 9, "queue": "fast"}

    answer = api.post(f"{URL}report/start/", body)

    assert answer.status_code == 201
    execution = Execution.objects.get(pk=answer.json()["id"])
    assert answer.json()["result"] == "created"
    assert (execution.input, execution.priority, execution.queue) == ({"city": "Bern"}, 9, "fast")
    assert (execution.source, execution.started_by) == ("manual", "API key admin of acme")


def test_a_start_needs_no_body(api: APIClient, workflow: Workflow):
    assert api.post(f"{URL}{workflow.pk}/start").status_code == 201


@pytest.mark.parametrize("by_header", [True, False])
def test_a_repeated_key_is_answered_with_the_execution_it_has(
    api: APIClient, workflow: Workflow, by_header: bool
):
    def start():
        if by_header:
            return api.post(f"{URL}report/start/", {}, headers={"Idempotency-Key": "k1"})
        return api.post(f"{URL}report/start/", {"idempotency_key": "k1"})

    first, second = start(), start()

    assert (second.status_code, second.json()["result"]) == (200, "replayed")
    assert second.json()["id"] == first.json()["id"]
    assert Execution.objects.count() == 1


def test_a_key_used_for_another_input_is_refused(api: APIClient, workflow: Workflow):
    api.post(f"{URL}report/start/", {"idempotency_key": "k1"})

    answer = api.post(f"{URL}report/start/", {"idempotency_key": "k1", "input": {"city": "Bern"}})

    assert answer.status_code == 422
    assert paths(answer) == ["idempotency_key"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"input": []}, "input"),
        ({"input": None}, "input"),
        ({"input": {"city": 5}}, "input.city"),
        ({"input": {"town": "Bern"}}, "input"),
        ({"priority": 10}, "priority"),
        ({"priority": "high"}, "priority"),
        ({"queue": "no spaces"}, "queue"),
        ({"queue": ""}, "queue"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "x" * 201}, "idempotency_key"),
        ({"imput": {}}, "imput"),
    ],
)
def test_what_is_wrong_with_a_start_is_named(api: APIClient, workflow: Workflow, body: dict, path: str):
    answer = api.post(f"{URL}report/start/", body)

    assert answer.status_code == 400
    assert paths(answer) == [path]
    assert not Execution.objects.exists()


def test_two_keys_for_one_start_are_refused(api: APIClient, workflow: Workflow):
    answer = api.post(f"{URL}report/start/", {"idempotency_key": "a"}, headers={"Idempotency-Key": "b"})

    assert paths(answer) == ["idempotency_key"]
