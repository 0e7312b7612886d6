"""For which organization a call is made, and whether its caller may."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from executions.calls.errors import KeyRequired
from executions.calls.messages import Call
from organizations.errors import InvalidApiKey, NotAMember, RoleTooLow
from organizations.models import Organization
from organizations.roles import Role
from organizations.services import authenticate, organization_for


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `by` is the name that the history shows."""

    organization: Organization
    by: str


def caller_of(call: Call, *, needs: Role, now: datetime) -> Caller:
    """Return who makes the call: with an API key its organization, without one whoever may publish here.

    Raises:
        KeyRequired: there is no key, and the settings or a second organization ask for one.
        InvalidApiKey: the key is unknown, expired or revoked.
        NotAMember: the key belongs to another organization than the call names.
        RoleTooLow: the key's role does not reach.
        NoSuchOrganization: without a key, there is none of that name.
    """
    if call.api_key is None:
        return _without_key(call.organization)
    if not call.api_key.isprintable():  # PostgreSQL would choke on U+0000
        raise InvalidApiKey
    key = authenticate(call.api_key, now=now)
    organization, role = key.organization, Role(key.role)
    if call.organization not in {None, organization.slug}:
        raise NotAMember(f"this API key belongs to the organization {organization.slug} and opens no other")
    if not role.includes(needs):
        raise RoleTooLow(has=role.value, needs=needs.value)
    return Caller(organization, f"API key {key.name}")


def _without_key(slug: str | None) -> Caller:
    rule = settings.ENVIRONMENT.calls_require_key
    if rule == "true" or (rule == "auto" and _are_several()):
        raise KeyRequired
    return Caller(organization_for(slug), "celery")


def _are_several() -> bool:
    return Organization.objects.all()[1:2].exists()
