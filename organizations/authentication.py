"""How a program proves who it is: with an API key in a header."""

from dataclasses import dataclass
from uuid import UUID

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from organizations import services
from organizations.errors import InvalidApiKey
from organizations.models import ApiKey

HEADER = "X-API-Key"
SCHEME = "bearer"


@dataclass(frozen=True, slots=True)
class Program:
    """The user of a request that came with an API key."""

    pk: UUID
    username: str
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer hor_…`, or `X-API-Key: hor_…`."""

    def authenticate(self, request: Request) -> tuple[Program, ApiKey] | None:
        """Return the program and its key, or None where the request has no key.

        Raises:
            AuthenticationFailed: the key is unknown, expired or revoked.
        """
        key = _key_in(request)
        if key is None:
            return None
        try:
            api_key = services.authenticate(key)
        except InvalidApiKey as error:
            raise AuthenticationFailed(str(error)) from None
        return Program(api_key.pk, f"API key {api_key.name}"), api_key

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 answers in `WWW-Authenticate`."""
        del request
        return 'Bearer realm="horarium"'


def _key_in(request: Request) -> str | None:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    key = credentials if scheme.lower() == SCHEME else request.headers.get(HEADER)
    # PostgreSQL would choke on U+0000; no key of ours holds anything unprintable.
    return "".join(filter(str.isprintable, key)).strip() if key is not None else None
