"""The console's page of a secret takes a value and never shows one."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from organizations import secrets
from organizations.models import Organization, Secret
from organizations.roles import Role
from organizations.services import add_member

ADD = "admin:organizations_secret_add"
VALUE = "whsec_c2VjcmV0"
PAGES = ("change", "history", "delete")

pytestmark = pytest.mark.django_db


@pytest.fixture
def login(organization: Organization):
    """Log in as a member."""

    def login(role: Role) -> Client:
        user = User.objects.create_user("kim", is_staff=True)
        add_member(organization, user_id=user.pk, role=role)
        client = Client()
        client.force_login(user)
        return client

    return login


def test_an_administrator_adds_replaces_and_deletes_a_secret(login, organization: Organization):
    kim = login(Role.ADMIN)

    added = kim.post(reverse(ADD), {"organization": organization.pk, "name": "stripe", "value": f" {VALUE}"})
    row = Secret.objects.get()
    page = reverse("admin:organizations_secret_change", args=[row.pk])
    replaced = kim.post(page, {"value": "new", "name": "other"})

    assert (added.status_code, replaced.status_code, row.hint, row.created_by) == (302, 302, "cmV0", "kim")
    assert secrets.value_of(organization.pk, "stripe") == b"new"
    kim.post(reverse("admin:organizations_secret_delete", args=[row.pk]), {"post": "yes"})
    assert not Secret.objects.exists()


def test_no_page_shows_the_value(login, organization: Organization):
    kim = login(Role.ADMIN)
    row = secrets.add(organization, name="stripe", value=VALUE, by="ada")
    refused = kim.post(reverse(ADD), {"organization": organization.pk, "name": "stripe", "value": VALUE})

    pages = [kim.get(reverse(f"admin:organizations_secret_{page}", args=[row.pk])) for page in PAGES]
    shown = [kim.get(reverse("admin:organizations_secret_changelist")), *pages]

    assert {page.status_code for page in (refused, *shown)} == {200}
    assert "already a secret called" in refused.content.decode()
    assert not any(VALUE.encode() in page.content for page in (refused, *shown))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"name": "1"}, "name"), ({"value": "a\0b"}, "value"), ({"value": "x" * 10_001}, "value")],
)
def test_a_refusal_stands_at_its_field(login, organization: Organization, wrong: dict, field: str):
    body = {"organization": organization.pk, "name": "stripe", "value": VALUE, **wrong}

    answer = login(Role.ADMIN).post(reverse(ADD), body)

    assert list(answer.context["adminform"].form.errors) == [field]
    assert not Secret.objects.exists()


def test_others_than_administrators_see_no_secrets(login, organization: Organization):
    row = secrets.add(organization, name="stripe", value=VALUE, by="ada")
    kim = login(Role.EDITOR)

    pages = [
        reverse("admin:organizations_secret_changelist"),
        reverse("admin:organizations_secret_change", args=[row.pk]),
    ]

    assert {kim.get(page).status_code for page in pages} <= {302, 403}
