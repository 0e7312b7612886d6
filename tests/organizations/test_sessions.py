"""Whatever a cookie says is the key of a session or of none."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from organizations.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def _engine(settings) -> None:
    settings.SESSION_ENGINE = "organizations.sessions"


@pytest.mark.parametrize("key", ["", "short", "a\0" * 16, "é" * 32, "a b" * 10, None])
def test_what_is_no_key_opens_no_session(key: str | None):
    session = SessionStore(key)

    assert (session.load(), session.session_key) == ({}, None)


@pytest.mark.usefixtures("_engine")
def test_a_cookie_with_nul_in_it_is_nobodys(client: Client):
    answer = client.get("/api/v1/workflows/", headers={"Cookie": r'sessionid="\000aaaaaaaaaaaa"'})

    assert answer.status_code == 401


@pytest.mark.usefixtures("_engine")
def test_a_person_who_logged_in_is_known(client: Client):
    client.force_login(User.objects.create_superuser("kim"))

    assert client.get("/admin/").status_code == 200
