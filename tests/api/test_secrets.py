"""Secrets: written by administrators, shown without their value."""

import pytest
from rest_framework.test import APIClient

from organizations import secrets
from organizations.models import Organization, Secret
from organizations.roles import Role
from tests.api.conftest import V1, names, paths

URL = f"{V1}/secrets/"
VALUE = "whsec_c2VjcmV0"
SHOWN = {"name", "hint", "created_by", "created_at", "updated_by", "updated_at"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(organization: Organization) -> Secret:
    return secrets.add(organization, name="stripe", value=VALUE, by="ada")


def test_a_new_secret_is_kept_and_never_shown(api: APIClient, organization: Organization):
    answer = api.post(URL, {"name": "stripe", "value": f" {VALUE}\n"})

    assert (answer.status_code, set(answer.json()), answer.json()["hint"]) == (201, SHOWN, "mV0\n")
    assert answer.json()["created_by"] == "API key admin of acme"
    assert secrets.value_of(organization.pk, "stripe").decode() == f" {VALUE}\n"


def test_secrets_are_listed_and_got_without_their_values(api: APIClient, secret: Secret, organization):
    secrets.add(organization, name="github", value=VALUE, by="ada")

    page, one = api.get(URL), api.get(f"{URL}stripe")

    assert names(page) == ["github", "stripe"]
    assert page.json()["results"][1] == one.json()
    assert one.json()["hint"] == "cmV0"
    assert VALUE not in f"{page.content!r} {one.content!r}"


def test_a_secret_is_replaced_by_its_name(api: APIClient, secret: Secret, organization: Organization):
    answers = [api.put(f"{URL}stripe/", {"value": "new"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert (answers[0].json()["created_by"], answers[0].json()["hint"]) == ("ada", "")
    assert secrets.value_of(organization.pk, "stripe") == b"new"


def test_a_secret_is_put_under_a_new_name(api: APIClient):
    assert api.put(f"{URL}github/", {"value": "new"}).status_code == 201


def test_a_deleted_secret_is_gone(api: APIClient, secret: Secret):
    answers = [api.delete(f"{URL}stripe/"), api.delete(f"{URL}stripe/"), api.get(f"{URL}stripe/")]

    assert [answer.status_code for answer in answers] == [204, 404, 404]


def test_a_name_that_is_there_is_refused(api: APIClient, secret: Secret):
    answer = api.post(URL, {"name": "stripe", "value": "new"})

    assert (answer.status_code, answer.json()["error"]["code"], paths(answer)) == (409, "duplicate", ["name"])


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["value", "name"]),
        ({"name": "1", "value": "x"}, ["name"]),
        ({"name": "a", "value": ""}, ["value"]),
        ({"name": "a", "value": None}, ["value"]),
        ({"name": "a", "value": "x" * 10_001}, ["value"]),
        ({"name": "a", "value": "ä" * 5_001}, ["value"]),
        ({"name": "a", "value": "a\0b"}, ["value"]),
        ({"name": "a", "value": "x", "hint": "x"}, ["hint"]),
        ({"name": "a", "value": "x", "sealed": "x"}, ["sealed"]),
    ],
)
def test_what_is_wrong_with_a_secret_is_named(api: APIClient, body: dict, wrong: list[str]):
    answer = api.post(URL, body)

    assert (answer.status_code, paths(answer)) == (400, wrong)
    assert not Secret.objects.exists()


@pytest.mark.parametrize("name", ["1", "a.b", "%00", "%FF", "a%20b", "x" * 64])
def test_a_name_in_the_path_that_cannot_be_one_is_refused(api: APIClient, name: str):
    written, got = api.put(f"{URL}{name}/", {"value": "x"}), api.get(f"{URL}{name}/")

    assert (written.status_code, paths(written), got.status_code) == (400, ["name"], 404)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.EDITOR])
def test_only_administrators_see_and_write_secrets(program, secret: Secret, role: Role):
    api = program(role)
    answers = [
        api.get(URL),
        api.get(f"{URL}stripe/"),
        api.post(URL, {"name": "a", "value": "x"}),
        api.put(f"{URL}stripe/", {"value": "x"}),
        api.delete(f"{URL}stripe/"),
    ]

    assert {answer.status_code for answer in answers} == {403}


def test_another_organizations_secret_is_not_there(stranger: APIClient, secret: Secret):
    answers = [stranger.get(f"{URL}stripe/"), stranger.delete(f"{URL}stripe/")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert names(stranger.get(URL)) == []
    assert stranger.put(f"{URL}stripe/", {"value": "theirs"}).status_code == 201
    assert secrets.value_of(secret.organization_id, "stripe") == VALUE.encode()
