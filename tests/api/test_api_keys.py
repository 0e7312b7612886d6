"""API keys: issued once, listed without the key, revoked."""

import pytest
from rest_framework.test import APIClient

from organizations.models import ApiKey, Organization
from organizations.roles import Role
from tests.api.conftest import V1, paths

URL = f"{V1}/api-keys/"

pytestmark = pytest.mark.django_db


def test_a_new_key_is_shown_once_and_works(api: APIClient):
    answer = api.post(URL, {"name": "ci", "role": "viewer", "expires_at": "2100-01-01T00:00:00Z"})

    key = answer.json()["key"]
    assert (answer.status_code, answer.json()["created_by"]) == (201, "API key admin of acme")
    assert key not in api.get(URL).content.decode()
    assert APIClient().get(f"{V1}/workflows/", headers={"X-API-Key": key}).status_code == 200


def test_a_key_is_an_operators_where_no_role_is_given(api: APIClient):
    assert api.post(URL, {"name": "ci"}).json()["role"] == "operator"


def test_a_revoked_key_opens_nothing_and_stays_listed(api: APIClient):
    issued = api.post(URL, {"name": "ci"}).json()

    first = api.delete(f"{URL}{issued['id']}/")
    second = api.delete(f"{URL}{issued['id']}/")

    assert (first.status_code, second.status_code) == (204, 204)
    assert APIClient().get(f"{V1}/workflows/", headers={"X-API-Key": issued["key"]}).status_code == 401
    assert next(row for row in api.get(URL).json()["results"] if row["name"] == "ci")["revoked_at"]


def test_a_key_can_neither_be_read_alone_nor_changed(api: APIClient, organization: Organization):
    key = ApiKey.objects.get()

    assert api.get(f"{URL}{key.pk}/").status_code == 405
    assert api.patch(f"{URL}{key.pk}/", {"role": "admin"}).status_code == 405


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "ci", "role": "owner"}, "role"),
        ({"name": "ci", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "ci", "expires_at": "2100-01-01T00:00:00"}, "expires_at"),
        ({"name": "ci", "prefix": "mine"}, "prefix"),
        ({"name": "ci", "key": "mine"}, "key"),
    ],
)
def test_what_is_wrong_with_a_key_is_named(api: APIClient, body: dict, path: str):
    answer = api.post(URL, body)

    assert (answer.status_code, paths(answer)) == (400, [path])
    assert ApiKey.objects.filter(role=Role.ADMIN).count() == 1
