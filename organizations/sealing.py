"""Seal what only the platform may read: encrypted and authenticated in the database, opened where it is used.

A model keeps a sealed value in a BinaryField called `sealed`; `manage.py reseal` finds it by that name.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from organizations.errors import Unsealable

KEY_BYTES = 32
DERIVED_FOR = b"horarium: sealed values"  # keeps the key apart from whatever else SECRET_KEY signs


def seal(value: str | bytes) -> bytes:
    """Return `value`, text as UTF-8, sealed with the first key. The same value never looks the same twice."""
    return _keys().encrypt(value.encode() if isinstance(value, str) else value)


def unseal(sealed: bytes | memoryview) -> bytes:
    """Return what was sealed.

    Raises:
        Unsealable: with a key that is not there, or the bytes were changed.
    """
    try:
        return _keys().decrypt(bytes(sealed))
    except InvalidToken:
        raise Unsealable from None


def reseal(sealed: bytes | memoryview) -> bytes:
    """Return the same value sealed with the first key, so that the others can go.

    Raises:
        Unsealable: as `unseal` does.
    """
    try:
        return _keys().rotate(bytes(sealed))
    except InvalidToken:
        raise Unsealable from None


def _keys() -> MultiFernet:
    return _made(tuple(settings.ENVIRONMENT.encryption_keys), settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _made(keys: tuple[str, ...], secret_key: str) -> MultiFernet:
    # The derived key stands last even where others are given: what it sealed before they were stays readable.
    return MultiFernet([Fernet(key) for key in (*keys, _derived(secret_key))])


def _derived(secret_key: str) -> str:
    kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=DERIVED_FOR)
    return base64.urlsafe_b64encode(kdf.derive(secret_key.encode())).decode()
