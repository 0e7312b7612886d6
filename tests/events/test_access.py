"""Who may read which organization's events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from events import access
from events.access import Caller
from events.errors import NotAMember, NotAuthenticated
from organizations import services
from organizations.models import Membership, Organization
from organizations.roles import Role

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def scope(query: str = "", **headers: str) -> dict[str, Any]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"headers": raw, "query_string": query.encode()}


@pytest.fixture
def user(organization: Organization) -> User:
    made = User.objects.create_user("ann", password="secret")
    services.add_member(organization, user_id=made.pk, role=Role.VIEWER)
    return made


@pytest.fixture
def session_key(user: User, client: Client) -> str:
    client.force_login(user)
    return client.cookies[project.SESSION_COOKIE_NAME].value


@pytest.mark.parametrize(
    ("headers", "caller"),
    [
        ({}, Caller()),
        ({"authorization": "Bearer hor_a_b"}, Caller(api_key="hor_a_b")),
        ({"authorization": "bearer  hor_a_b "}, Caller(api_key="hor_a_b")),
        ({"authorization": "Basic YTpi"}, Caller()),
        ({"x_api_key": "hor_a_b"}, Caller(api_key="hor_a_b")),
        ({"cookie": "theme=dark; sessionid=abc"}, Caller(session_key="abc")),
        ({"cookie": "sessionid="}, Caller()),
    ],
)
def test_credentials_are_found_in_the_headers(headers: dict[str, str], caller: Caller) -> None:
    assert access.caller_of(scope(**headers)) == caller


def test_credentials_are_not_shown() -> None:
    caller = access.caller_of(scope("organization=acme", x_api_key="hor_a_secret", cookie="sessionid=abc"))

    assert repr(caller) == "Caller(slug='acme')"
    assert not caller.needs_own_origin


@pytest.mark.parametrize(
    ("origin", "is_own"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.0.0.1:8001", False),
        ("http://127.0.0.1", False),
        ("https://horarium.example.com", True),
        ("https://a.example.org", True),
        ("http://horarium.example.com", False),
        ("https://evil.example.net", False),
        ("https://horarium.example.com.evil.net", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_our_own_pages_may_ride_on_a_session(settings: Settings, origin: str, is_own: bool) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://horarium.example.com", "https://*.example.org"]

    assert access.is_own_origin(scope(origin=origin, host="127.0.0.1:8000")) is is_own


def test_a_host_that_is_not_ours_makes_no_page_ours(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["horarium.example.com"]

    assert not access.is_own_origin(scope(origin="http://rebound.example.net", host="rebound.example.net"))
    assert not access.is_own_origin(scope(host="horarium.example.com"))


def test_behind_tls_a_page_without_it_is_not_ours(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["a.example.com"]
    settings.SESSION_COOKIE_SECURE = True

    assert not access.is_own_origin(scope(origin="http://a.example.com", host="a.example.com"))
    assert access.is_own_origin(scope(origin="https://a.example.com", host="a.example.com"))


def test_an_api_key_opens_its_organization(organization: Organization, api_key: str) -> None:
    assert access.admit(Caller(api_key=api_key), now=NOON) == organization
    assert access.admit(Caller(api_key=api_key, slug="acme"), now=NOON) == organization


def test_an_api_key_opens_no_other_organization(api_key: str, other_organization: Organization) -> None:
    with pytest.raises(NotAMember):
        access.admit(Caller(api_key=api_key, slug="globex"), now=NOON)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "hor_a_b", "hor_\0_b", "hor_\ud800_b", "é"])
def test_what_is_no_api_key_opens_nothing(key: str) -> None:
    with pytest.raises(NotAuthenticated):
        access.admit(Caller(api_key=key), now=NOON)


def test_an_api_key_that_ended_opens_nothing(organization: Organization) -> None:
    row, key = services.issue_api_key(organization, name="a", role=Role.VIEWER, by="test", expires_at=NOON)
    _, revoked = services.issue_api_key(organization, name="b", role=Role.VIEWER, by="test")
    services.revoke_api_key(organization.api_keys.get(name="b"), now=NOON)

    assert access.admit(Caller(api_key=key), now=NOON - timedelta(seconds=1)) == row.organization
    for ended in (key, revoked):
        with pytest.raises(NotAuthenticated):
            access.admit(Caller(api_key=ended), now=NOON)


def test_a_session_opens_the_organization_of_its_user(organization: Organization, session_key: str) -> None:
    assert access.admit(Caller(session_key=session_key), now=NOON) == organization


def test_a_member_of_several_organizations_names_one(
    user: User, session_key: str, organization: Organization, other_organization: Organization
) -> None:
    services.add_member(other_organization, user_id=user.pk, role=Role.VIEWER)

    assert access.admit(Caller(session_key=session_key, slug="globex"), now=NOON) == other_organization
    with pytest.raises(NotAMember, match="acme, globex"):
        access.admit(Caller(session_key=session_key), now=NOON)


@pytest.mark.parametrize("slug", ["globex", "nowhere", "\0"])
def test_a_session_opens_no_organization_of_others(
    session_key: str, other_organization: Organization, slug: str
) -> None:
    with pytest.raises(NotAMember):
        access.admit(Caller(session_key=session_key, slug=slug), now=NOON)


def test_a_user_without_membership_reads_nothing(user: User, session_key: str) -> None:
    Membership.objects.all().delete()

    with pytest.raises(NotAMember):
        access.admit(Caller(session_key=session_key), now=NOON)


@pytest.mark.parametrize("end", ["log out", "deactivate", "new password"])
def test_a_session_that_ended_opens_nothing(user: User, session_key: str, client: Client, end: str) -> None:
    if end == "log out":
        client.logout()
    if end == "deactivate":
        user.is_active = False
    if end == "new password":
        user.set_password("other")
    user.save()

    with pytest.raises(NotAuthenticated):
        access.admit(Caller(session_key=session_key), now=NOON)


@pytest.mark.django_db
@pytest.mark.parametrize("session_key", ["", "x", "unknown-session-key", "\0" * 20])
def test_what_is_no_session_opens_nothing(session_key: str) -> None:
    with pytest.raises(NotAuthenticated):
        access.admit(Caller(session_key=session_key), now=NOON)


def test_a_session_signed_with_the_former_secret_stays_as_it_is(
    session_key: str, organization: Organization, settings: Settings
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret of at least thirty-two characters"

    for _ in range(2):
        assert access.admit(Caller(session_key=session_key), now=NOON) == organization
