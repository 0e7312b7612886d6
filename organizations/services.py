"""Create organizations; issue, revoke and check API keys."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import connection, transaction

from organizations.errors import InvalidApiKey, NoSuchOrganization
from organizations.models import ApiKey, Membership, Organization
from organizations.roles import Role
from organizations.statements import executed

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


# Index: the unique one of prefix.
_VALID_KEY = """
SELECT k.id, k.name, k.prefix, k.key_hash, k.role, k.last_used_at, o.id, o.slug, o.name, n.now
FROM (SELECT coalesce(%s::timestamptz, horarium_now()) AS now) AS n, organizations_apikey AS k
JOIN organizations_organization AS o ON o.id = k.organization_id
WHERE k.prefix = %s AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > n.now)
"""
_KEY_COLUMNS = ("id", "name", "prefix", "key_hash", "role", "last_used_at")
_ORGANIZATION_COLUMNS = ("id", "slug", "name")


def authenticate(key: str, *, now: datetime | None = None) -> ApiKey:
    """Return the row of a valid key with its organization. One prepared statement: each request begins with it.

    Args:
        now: the database's time when the statement runs, unless given.

    Raises:
        InvalidApiKey: it is unknown, expired or revoked.
    """
    parts = key.split("_", 2)
    prefix = parts[1] if len(parts) == 3 and parts[0] == KEY_START else ""
    with executed(_VALID_KEY, [now, prefix]) as cursor:
        found = cursor.fetchone()
    if not hmac.compare_digest(_hash(key), found[3] if found else "") or found is None:
        raise InvalidApiKey
    row = ApiKey.from_db(connection.alias, _KEY_COLUMNS, found[:6])
    row.organization = Organization.from_db(connection.alias, _ORGANIZATION_COLUMNS, found[6:9])
    now = found[9]
    if row.last_used_at is None or now - row.last_used_at >= USE_PRECISION:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def _hash(key: str) -> str:
    # The key has 256 random bits, so a fast hash is as good as a slow one.
    return hashlib.sha256(key.encode()).hexdigest()
