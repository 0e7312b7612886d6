"""Secrets of an organization: put by people and programs, read by the platform alone."""

import re
from uuid import UUID

from django.db import IntegrityError, transaction

from organizations.errors import DuplicateSecret, InvalidSecretName, InvalidSecretValue, NoSuchSecret
from organizations.models import Organization, Secret
from organizations.sealing import seal, unseal

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
MAX_BYTES = 10_000  # of a value; a private key in PEM has 3 kB
HINT_CHARACTERS = 4
HINTED_FROM = 12  # characters; of a shorter value four would tell too much


def add(organization: Organization, *, name: str, value: str, by: str) -> Secret:
    """Keep a new secret.

    Raises:
        InvalidSecretName, InvalidSecretValue: show it to the author.
        DuplicateSecret: the organization has one of this name.
    """
    columns = {**_sealed(value, name=name), "created_by": by, "updated_by": by}
    try:
        with transaction.atomic():
            return Secret.objects.create(organization=organization, name=name, **columns)
    except IntegrityError:
        raise DuplicateSecret(name) from None


def put(organization: Organization, *, name: str, value: str, by: str) -> tuple[Secret, bool]:
    """Keep a secret in place of the one of this name, if there is one. Safe to repeat.

    Returns:
        The row, and whether it is new.

    Raises:
        InvalidSecretName, InvalidSecretValue: show it to the author.
    """
    columns = {**_sealed(value, name=name), "updated_by": by}
    return Secret.objects.update_or_create(
        organization=organization,
        name=name,
        defaults=columns,
        create_defaults={**columns, "created_by": by},
    )


def remove(organization: Organization, name: str) -> None:
    """Delete a secret for good. What uses it fails from now on and says its name.

    Raises:
        NoSuchSecret: there is none of this name.
    """
    deleted, _ = Secret.objects.filter(organization=organization, name=_known(name)).delete()
    if not deleted:
        raise NoSuchSecret(name)


def find(organization: Organization, name: str) -> Secret:
    """Return the row of a secret, without its value.

    Raises:
        NoSuchSecret: there is none of this name.
    """
    row = Secret.objects.shown().filter(organization=organization, name=_known(name)).first()
    if row is None:
        raise NoSuchSecret(name)
    return row


def value_of(organization_id: UUID, name: str) -> bytes:
    """Return the value of a secret.

    Raises:
        NoSuchSecret: there is none of this name; whoever named it must add it.
        Unsealable: the keys of this process are not those that sealed it.
    """
    rows = Secret.objects.filter(organization_id=organization_id, name=_known(name))
    sealed = rows.values_list("sealed", flat=True).first()
    if sealed is None:
        raise NoSuchSecret(name)
    return unseal(sealed)


def _known(name: str) -> str:
    # A name that cannot be one must not reach the database, which refuses some characters.
    if not NAME.fullmatch(name):
        raise NoSuchSecret(name)
    return name


def _sealed(value: str, *, name: str) -> dict[str, bytes | str]:
    """Return the columns that hold the value."""
    if not NAME.fullmatch(name):
        raise InvalidSecretName
    try:
        content = value.encode()
    except UnicodeEncodeError:
        raise InvalidSecretValue("holds half of a surrogate pair, which is no text") from None
    if not content or len(content) > MAX_BYTES:
        raise InvalidSecretValue(f"write text of 1 to {MAX_BYTES:,} bytes")
    if "\0" in value:
        raise InvalidSecretValue("holds the character NUL, which no program takes")
    hint = value[-HINT_CHARACTERS:] if len(value) >= HINTED_FROM else ""
    return {"sealed": seal(content), "hint": hint}
