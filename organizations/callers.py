"""For which organization an API request is made, and what its caller may do there."""

from dataclasses import dataclass
from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from organizations.errors import NotAMember, OrganizationUnnamed, RoleTooLow
from organizations.models import ApiKey, Membership, Organization
from organizations.roles import Role

HEADER = "X-Organization"


@dataclass(frozen=True, slots=True)
class Access:
    """One caller in one organization.

    `by` is the name that the history shows, 150 characters at most.
    """

    organization: Organization
    role: Role
    by: str


def access_of(request: Request) -> Access:
    """Return what the authenticated caller of `request` may do, and where.

    Raises:
        NotAMember: they belong to no organization, or not to the one they name.
        OrganizationUnnamed: they belong to several and name none.
    """
    slug = request.headers.get(HEADER)
    if isinstance(request.auth, ApiKey):
        return _of_key(request.auth, slug)
    memberships = Membership.objects.select_related("organization").filter(user=request.user.pk)
    found = {membership.organization.slug: membership for membership in memberships}
    membership = _chosen(found, slug)
    return Access(membership.organization, Role(membership.role), request.user.get_username())


def _of_key(api_key: ApiKey, slug: str | None) -> Access:
    organization = api_key.organization
    if slug not in {None, organization.slug}:
        raise NotAMember(f"this API key belongs to the organization {organization.slug} and opens no other")
    return Access(organization, Role(api_key.role), f"API key {api_key.name}")


def _chosen(found: dict[str, Membership], slug: str | None) -> Membership:
    if not found:
        raise NotAMember("you belong to no organization; ask an administrator of yours to add you")
    if slug is None and len(found) > 1:
        raise OrganizationUnnamed(sorted(found))
    membership = next(iter(found.values())) if slug is None else found.get(slug)
    if membership is None:
        raise NotAMember(f"you belong to no organization called {slug or ''!r:.80}")
    return membership


class HasRole(BasePermission):
    """Lets a caller do what their role includes; the view's `roles` say what each action needs.

    An action that is not listed needs viewer where it only reads, and admin otherwise.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True, or raise RoleTooLow."""
        if view.action is None:  # no such method here, which is answered after this
            return True
        unlisted = Role.VIEWER if request.method in SAFE_METHODS else Role.ADMIN
        needed = view.roles.get(view.action, unlisted)
        role = view.access.role
        if not role.includes(needed):
            raise RoleTooLow(has=role.value, needs=needed.value)
        return True
