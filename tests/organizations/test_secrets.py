"""Secrets are written by name and read by the platform alone."""

import uuid

import pytest

from organizations import secrets
from organizations.errors import DuplicateSecret, InvalidSecretName, InvalidSecretValue, NoSuchSecret
from organizations.models import Organization, Secret

VALUE = "whsec_c2VjcmV0"

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(organization: Organization) -> Secret:
    return secrets.add(organization, name="stripe", value=VALUE, by="ada")


def test_a_secret_is_read_by_its_name(organization: Organization, secret: Secret):
    assert secrets.value_of(organization.pk, "stripe") == VALUE.encode()


def test_the_database_and_the_texts_of_a_row_do_not_hold_the_value(secret: Secret):
    row = Secret.objects.values().get()

    assert VALUE not in f"{row} {secret!r} {secret} {vars(secret)}"


def test_a_secret_of_another_organization_is_not_there(secret: Secret):
    with pytest.raises(NoSuchSecret, match="stripe"):
        secrets.value_of(uuid.uuid4(), "stripe")


@pytest.mark.parametrize(("value", "hint"), [("x" * 7 + "1234", ""), ("x" * 8 + "1234", "1234")])
def test_only_of_a_long_value_the_end_is_shown(organization: Organization, value: str, hint: str):
    assert secrets.add(organization, name="a", value=value, by="ada").hint == hint


def test_a_name_is_given_once(organization: Organization, secret: Secret):
    with pytest.raises(DuplicateSecret, match="stripe"):
        secrets.add(organization, name="stripe", value="other", by="eve")

    assert secrets.value_of(organization.pk, "stripe") == VALUE.encode()


def test_a_value_is_replaced_and_who_did_it_is_kept(organization: Organization, secret: Secret):
    row, is_new = secrets.put(organization, name="stripe", value="new", by="eve")

    assert (row.pk, is_new, row.hint, row.created_by, row.updated_by) == (secret.pk, False, "", "ada", "eve")
    assert row.updated_at > secret.updated_at
    assert secrets.value_of(organization.pk, "stripe") == b"new"


def test_a_value_is_put_under_a_name_that_is_new(organization: Organization):
    row, is_new = secrets.put(organization, name="github", value="new", by="eve")

    assert (is_new, row.created_by) == (True, "eve")


def test_what_was_removed_is_not_there(organization: Organization, secret: Secret):
    secrets.remove(organization, "stripe")

    for read in (
        lambda: secrets.value_of(organization.pk, "stripe"),
        lambda: secrets.find(organization, "stripe"),
    ):
        with pytest.raises(NoSuchSecret):
            read()


@pytest.mark.parametrize("name", ["", "1a", "-a", "a b", "a.b", "a\n", "ä", "a\0", "x" * 64])
def test_a_name_that_cannot_be_one_is_refused_and_never_found(organization: Organization, name: str):
    with pytest.raises(InvalidSecretName, match="letter"):
        secrets.put(organization, name=name, value="x", by="ada")
    with pytest.raises(NoSuchSecret):
        secrets.value_of(organization.pk, name)
    with pytest.raises(NoSuchSecret):
        secrets.remove(organization, name)


@pytest.mark.parametrize("value", ["", "ä" * 5001, "x" * 10_001, "a\0b", "\ud800"])
def test_a_value_that_cannot_be_kept_is_refused_and_not_shown(organization: Organization, value: str):
    with pytest.raises(InvalidSecretValue) as refused:
        secrets.put(organization, name="a", value=value, by="ada")

    assert not value or value not in str(refused.value)
    assert not Secret.objects.exists()


def test_the_longest_value_is_kept(organization: Organization):
    secrets.put(organization, name="a", value="ä" * 5000, by="ada")

    assert secrets.value_of(organization.pk, "a").decode() == "ä" * 5000
