"""Decide whether a WebSocket may read an organization's events, now and again later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.security.websocket import OriginValidator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.auth.models import User
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils.crypto import constant_time_compare

from events.errors import NotAMember, NotAuthenticated
from organizations import services
from organizations.errors import InvalidApiKey
from organizations.models import Membership, Organization

Scope = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who wants to read, and about which organization; enough to check again later."""

    api_key: str | None = field(default=None, repr=False)
    session_key: str | None = field(default=None, repr=False)
    slug: str | None = None

    @property
    def is_known(self) -> bool:
        """Return whether there is any credential."""
        return bool(self.api_key or self.session_key)

    @property
    def needs_own_origin(self) -> bool:
        """Return whether the credential is one that browsers add by themselves, whichever page asks."""
        return self.api_key is None and self.session_key is not None


def caller_of(scope: Scope) -> Caller:
    """Return who opens a WebSocket: an API key in a header counts before a session."""
    headers = _headers(scope)
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    api_key = credentials.strip() if scheme.lower() == "bearer" else headers.get("x-api-key")
    session_key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    return Caller(api_key or None, session_key or None, query_of(scope).get("organization"))


def query_of(scope: Scope) -> dict[str, str]:
    """Return the query parameters; of a repeated one the last counts."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return {name: values[-1] for name, values in query.items()}


def is_own_origin(scope: Scope) -> bool:
    """Return whether the page that asks is one of ours, by Django's rules against forged requests.

    Stricter than a look at ALLOWED_HOSTS, which may be `*`: the page's origin
    must be the very host that it asks, or one of CSRF_TRUSTED_ORIGINS.
    """
    headers = _headers(scope)
    origin, host = urlsplit(headers.get("origin", "")), headers.get("host", "")
    trusted = [pattern.replace("://*.", "://.") for pattern in settings.CSRF_TRUSTED_ORIGINS]
    if origin.hostname and OriginValidator(None, trusted).validate_origin(origin):
        return True
    if settings.SESSION_COOKIE_SECURE and origin.scheme != "https":
        return False
    return origin.netloc == host and validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


def admit(caller: Caller, *, now: datetime) -> Organization:
    """Return the organization whose events `caller` may read at `now`.

    Raises:
        NotAuthenticated: the credential is missing, or no longer valid.
        NotAMember: it is valid, but not for this organization, or does not say for which of several.
    """
    if caller.api_key is not None:
        return _of_key(caller.api_key, slug=caller.slug, now=now)
    user = _user(caller.session_key or "")
    if user is None:
        raise NotAuthenticated("log in, or use an API key")
    return _of_member(user, slug=caller.slug)


def _of_key(key: str, *, slug: str | None, now: datetime) -> Organization:
    if not (key.isascii() and key.isprintable()):
        raise NotAuthenticated(str(InvalidApiKey()))
    try:
        organization = services.authenticate(key, now=now).organization
    except InvalidApiKey as error:
        raise NotAuthenticated(str(error)) from None
    if slug not in {None, organization.slug}:
        raise NotAMember("the API key belongs to another organization")
    return organization


def _of_member(user: User, *, slug: str | None) -> Organization:
    memberships = Membership.objects.filter(user=user).select_related("organization")
    organizations = {membership.organization.slug: membership.organization for membership in memberships}
    if slug is None and len(organizations) > 1:
        raise NotAMember(f"name one with ?organization=: {', '.join(organizations)}")
    found = organizations.get(slug) if slug else next(iter(organizations.values()), None)
    if found is None:
        raise NotAMember("not a member of this organization")
    return found


def _user(session_key: str) -> User | None:
    """Return whose session it is. Unlike Django's `get_user` this changes nothing: no cookie could follow."""
    if not session_key.isprintable():
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    backend, signature = session.get(BACKEND_SESSION_KEY), session.get(HASH_SESSION_KEY, "")
    if backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    user: User | None = load_backend(backend).get_user(session.get(SESSION_KEY))
    if user is None:
        return None
    valid = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return user if any(constant_time_compare(signature, one) for one in valid) else None


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
