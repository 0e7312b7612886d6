"""Create organizations; issue, revoke and check API keys."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from organizations.errors import InvalidApiKey, NoSuchOrganization
from organizations.models import ApiKey, Membership, Organization
from organizations.roles import Role

KEY_START = "hor"  # lets secret scanners and people recognise a key
PREFIX_BYTES = 4
SECRET_BYTES = 32
USE_PRECISION = timedelta(minutes=1)  # `last_used_at` is written at most this often


@transaction.atomic
def add_member(organization: Organization, *, user_id: int, role: Role) -> Membership:
    """Give a user a role, replacing the one they had."""
    membership, _ = Membership.objects.update_or_create(
        organization=organization, user_id=user_id, defaults={"role": role}
    )
    return membership


def organization_for(slug: str | None) -> Organization:
    """Return the organization called `slug`, or the only one there is.

    Raises:
        NoSuchOrganization: there is none of that name, or no name and several to choose from.
    """
    if slug is not None:
        found = Organization.objects.filter(slug=slug).first()
        if found is None:
            raise NoSuchOrganization(f"there is no organization {slug!r}")
        return found
    some = list(Organization.objects.all()[:2])
    if len(some) != 1:
        raise NoSuchOrganization("name the organization: there is none, or more than one")
    return some[0]


def issue_api_key(
    organization: Organization, *, name: str, role: Role, by: str, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Create an API key.

    Returns:
        The row and the key itself, `hor_<prefix>_<secret>`, which is not kept
        and cannot be shown again.
    """
    prefix = secrets.token_hex(PREFIX_BYTES)
    key = f"{KEY_START}_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    row = ApiKey.objects.create(
        organization=organization,
        name=name,
        prefix=prefix,
        key_hash=_hash(key),
        role=role,
        created_by=by,
        expires_at=expires_at,
    )
    return row, key


def revoke_api_key(api_key: ApiKey, *, now: datetime) -> None:
    """End a key at once. Safe to repeat; the first time counts."""
    ApiKey.objects.filter(pk=api_key.pk, revoked_at__isnull=True).update(revoked_at=now)
    api_key.refresh_from_db(fields=["revoked_at"])


def authenticate(key: str, *, now: datetime) -> ApiKey:
    """Return the row of a valid key.

    Raises:
        InvalidApiKey: it is unknown, expired or revoked.
    """
    parts = key.split("_", 2)
    prefix = parts[1] if len(parts) == 3 and parts[0] == KEY_START else ""
    row = ApiKey.objects.valid(now).select_related("organization").filter(prefix=prefix).first()
    expected = row.key_hash if row else ""
    if not hmac.compare_digest(_hash(key), expected) or row is None:
        raise InvalidApiKey
    if row.last_used_at is None or now - row.last_used_at >= USE_PRECISION:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def _hash(key: str) -> str:
    # The key has 256 random bits, so a fast hash is as good as a slow one.
    return hashlib.sha256(key.encode()).hexdigest()
