"""Who may do what, and where."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from rest_framework.test import APIClient

import clock
from executions.models import DeadLetter, Execution
from executions.services import Start, start
from organizations.models import ApiKey, Membership, Organization
from organizations.roles import Role
from organizations.services import issue_api_key, revoke_api_key
from schedules.models import Schedule
from tests.api.conftest import CRON, DEFINITION, V1, names, paths

pytestmark = pytest.mark.django_db

NEW_SCHEDULE = {"name": "hourly", "workflow": "report", "rules": CRON}
# What each request needs, on an organization with a workflow, a schedule, an execution and a dead letter.
REQUESTS: list[tuple[str, str, Any, Role]] = [
    ("get", "workflows/", None, Role.VIEWER),
    ("get", "workflows/report/", None, Role.VIEWER),
    ("get", "workflows/report/versions/", None, Role.VIEWER),
    ("get", "workflows/report/versions/1/", None, Role.VIEWER),
    ("get", "workflows/schema/", None, Role.VIEWER),
    ("get", "schedules/", None, Role.VIEWER),
    ("get", "schedules/nightly/", None, Role.VIEWER),
    ("get", "schedules/nightly/next-runs/", None, Role.VIEWER),
    ("get", "schedules/nightly/skipped/", None, Role.VIEWER),
    ("get", "executions/", None, Role.VIEWER),
    ("get", "executions/{execution}/", None, Role.VIEWER),
    ("get", "dead-letters/", None, Role.VIEWER),
    ("get", "dead-letters/{letter}/", None, Role.VIEWER),
    ("get", "events/", None, Role.VIEWER),
    ("get", "organizations/me/", None, Role.VIEWER),
    ("post", "workflows/report/start/", {}, Role.OPERATOR),
    ("post", "schedules/nightly/trigger/", {}, Role.OPERATOR),
    ("post", "schedules/nightly/pause/", {}, Role.OPERATOR),
    ("post", "schedules/paused/resume/", {}, Role.OPERATOR),
    ("post", "executions/{execution}/cancel/", {}, Role.OPERATOR),
    ("post", "executions/{failed}/retry/", {}, Role.OPERATOR),
    ("post", "dead-letters/{letter}/redrive/", {}, Role.OPERATOR),
    ("post", "dead-letters/{letter}/discard/", {}, Role.OPERATOR),
    ("post", "workflows/", {"name": "other", "definition": DEFINITION}, Role.EDITOR),
    ("put", "workflows/report/", {"definition": DEFINITION}, Role.EDITOR),
    ("patch", "workflows/report/", {}, Role.EDITOR),
    ("delete", "workflows/report/", None, Role.EDITOR),
    ("post", "schedules/", NEW_SCHEDULE, Role.EDITOR),
    ("put", "schedules/nightly/", {**NEW_SCHEDULE, "name": "nightly"}, Role.EDITOR),
    ("patch", "schedules/nightly/", {}, Role.EDITOR),
    ("delete", "schedules/nightly/", None, Role.EDITOR),
    ("get", "api-keys/", None, Role.ADMIN),
    ("post", "api-keys/", {"name": "ci"}, Role.ADMIN),
    ("delete", "api-keys/{key}/", None, Role.ADMIN),
]
OF_ONE = [
    request for request in REQUESTS if "{" in request[1] or "report" in request[1] or "nightly" in request[1]
]


@pytest.fixture
def ids(schedule: Schedule, make_schedule) -> dict[str, Any]:
    """Return the ids of one of each."""
    make_schedule("paused")
    Schedule.objects.filter(name="paused").update(state="paused", next_due_at=None)
    now = clock.now()
    cause = Start(workflow=schedule.workflow, source="manual")
    execution, failed = start(cause, now=now).id, start(cause, now=now).id
    Execution.objects.filter(pk=failed).update(state="failed", finished_at=now)
    letter = DeadLetter.objects.create(
        organization=schedule.organization, execution_id=failed, reason="x", created_at=now
    )
    key, _ = issue_api_key(schedule.organization, name="old", role=Role.VIEWER, by="test")
    return {"execution": execution, "failed": failed, "letter": letter.pk, "key": key.pk}


def ask(client: APIClient, request: tuple[str, str, Any, Role], ids: dict[str, Any]):
    method, path, body, _ = request
    return getattr(client, method)(f"{V1}/{path.format(**ids)}", body)


@pytest.mark.parametrize(
    ("request_", "role"),
    list(product(REQUESTS, Role)),
    ids=lambda part: part if isinstance(part, str) else f"{part[0]} {part[1]}",
)
def test_each_request_is_open_from_its_role_on(program, ids: dict[str, Any], request_, role: Role):
    answer = ask(program(role), request_, ids)

    if role.includes(request_[3]):
        assert answer.status_code < 300, answer.content
    else:
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "role_too_low"
        assert f"needs the role {request_[3]}" in answer.json()["error"]["message"]


@pytest.mark.parametrize("request_", OF_ONE, ids=lambda part: f"{part[0]} {part[1]}")
def test_what_belongs_to_another_organization_is_not_found(
    stranger: APIClient, ids: dict[str, Any], request_
):
    answer = ask(stranger, request_, ids)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_lists_hold_only_the_organizations_own(stranger: APIClient, ids: dict[str, Any]):
    for path in ("workflows", "schedules", "executions", "dead-letters", "events"):
        assert stranger.get(f"{V1}/{path}/").json()["results"] == [], path
    assert names(stranger.get(f"{V1}/api-keys/")) == ["admin of globex"]
    assert stranger.get(f"{V1}/executions/", {"workflow": "report"}).json()["results"] == []
    assert paths(stranger.post(f"{V1}/schedules/", NEW_SCHEDULE)) == ["workflow"]


def test_an_id_that_is_none_is_not_found(api: APIClient):
    for path in (
        "workflows/x\0y",
        "workflows/No",
        "schedules/-",
        "executions/5",
        "dead-letters/x",
        "api-keys/x",
    ):
        method = api.delete if "api-keys" in path else api.get
        answer = method(f"{V1}/{path}/")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), path


def test_a_request_without_credentials_is_told_how_to_send_them():
    for path in ("workflows/", "organizations/", "organizations/me/"):
        answer = APIClient().get(f"{V1}/{path}")
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="horarium"')
        assert answer.json()["error"]["code"] == "not_authenticated"


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_a_key_opens_in_either_header_until_it_is_revoked_or_expires(organization: Organization, header: str):
    row, key = issue_api_key(organization, name="ci", role=Role.VIEWER, by="test")
    headers = {header: f"Bearer {key}" if header == "Authorization" else key}
    status = lambda: APIClient().get(f"{V1}/workflows/", headers=headers).status_code  # noqa: E731

    assert status() == 200
    ApiKey.objects.filter(pk=row.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    assert status() == 401
    ApiKey.objects.filter(pk=row.pk).update(expires_at=None)
    revoke_api_key(row, now=clock.now())
    assert status() == 401


@pytest.mark.parametrize(
    "key", ["", "hor_", "hor_aaaaaaaa_wrong", "something", "hor_\0_x", "hor_é_x", "x" * 5000]
)
def test_a_key_that_is_none_is_refused_alike(db: None, key: str):
    answer = APIClient().get(f"{V1}/workflows/", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "the API key is not valid"


def test_a_key_opens_no_other_organization(api: APIClient, other: Organization):
    answer = api.get(f"{V1}/workflows/", headers={"X-Organization": "globex"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_a_member")
    assert api.get(f"{V1}/workflows/", headers={"X-Organization": "acme"}).status_code == 200


def test_a_person_of_one_organization_need_not_name_it(client, person, organization: Organization):
    client.force_login(person(acme=Role.EDITOR))

    body = client.get(f"{V1}/organizations/me/").json()

    assert body == {"name": "kim", "organization": "acme", "organization_name": "Acme", "role": "editor"}


def test_a_person_of_several_organizations_names_one(client, person, organization, other: Organization):
    client.force_login(person(acme=Role.VIEWER, globex=Role.ADMIN))
    me = f"{V1}/organizations/me/"

    unnamed = client.get(me)

    assert (unnamed.status_code, paths(unnamed)) == (400, ["X-Organization"])
    assert "acme, globex" in unnamed.json()["error"]["message"]
    assert client.get(me, headers={"X-Organization": "globex"}).json()["role"] == "admin"
    assert client.get(me, headers={"X-Organization": "nowhere"}).status_code == 403
    assert client.get(me, headers={"X-Organization": ""}).status_code == 403
    listed = client.get(f"{V1}/organizations/").json()["results"]
    assert [row["slug"] for row in listed] == ["acme", "globex"]


def test_a_person_without_membership_is_told_what_to_do(client, person):
    client.force_login(person())

    answer = client.get(f"{V1}/workflows/")

    assert answer.status_code == 403
    assert "ask an administrator" in answer.json()["error"]["message"]


def test_a_membership_that_ended_opens_nothing(client, person, organization: Organization):
    client.force_login(person(acme=Role.ADMIN))
    Membership.objects.all().delete()

    assert client.get(f"{V1}/workflows/").status_code == 403


def test_a_session_writes_only_with_the_csrf_token(person, organization: Organization):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(person(acme=Role.EDITOR))
    body = {"name": "report", "definition": DEFINITION}

    refused = browser.post(f"{V1}/workflows/", body)
    browser.get("/admin/login/")
    browser.cookies["csrftoken"] = "a" * 32
    accepted = browser.post(f"{V1}/workflows/", body, headers={"X-CSRFToken": "a" * 32})

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "permission_denied")
    assert accepted.status_code == 201
    assert accepted.json()["created_by"] == "kim"


def test_answers_are_kept_out_of_caches(api: APIClient):
    assert api.get(f"{V1}/workflows/")["Cache-Control"] == "no-store"
