"""Which organizations a person works in, and what their role allows there."""

from uuid import UUID

from django.http import HttpRequest

from organizations.models import Membership
from organizations.roles import Role


def sees_all(request: HttpRequest) -> bool:
    """Return whether the person is a superuser, who sees and may do everything."""
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


def roles_of(request: HttpRequest) -> dict[UUID, Role]:
    """Return the person's role in each organization they belong to, read once for a request."""
    cache = vars(request)
    if "_roles" not in cache:
        rows = Membership.objects.filter(user_id=request.user.pk or 0).values_list("organization_id", "role")
        cache["_roles"] = {organization_id: Role(role) for organization_id, role in rows}
    roles: dict[UUID, Role] = cache["_roles"]
    return roles


def holds_anywhere(request: HttpRequest, role: Role) -> bool:
    """Return whether the person has at least `role` in some organization."""
    return sees_all(request) or any(held.includes(role) for held in roles_of(request).values())


def holds(request: HttpRequest, role: Role, *, organization_id: UUID | None) -> bool:
    """Return whether the person has at least `role` in this organization."""
    if sees_all(request):
        return True
    held = roles_of(request).get(organization_id) if organization_id else None
    return held is not None and held.includes(role)
