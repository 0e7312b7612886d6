"""What can go wrong with organizations, credentials and secrets."""

from typing import ClassVar


class OrganizationError(Exception):
    """Base of what callers of `organizations.services` may meet."""


class NoSuchOrganization(OrganizationError):
    """The caller must name an organization that exists and that they belong to."""


class InvalidApiKey(OrganizationError):
    """The key is unknown, expired or revoked; the caller must get another. Says no more, on purpose."""

    def __init__(self) -> None:
        super().__init__("the API key is not valid")


class OrganizationUnnamed(OrganizationError):
    """The caller belongs to several organizations and must say which one is meant."""

    def __init__(self, slugs: list[str]) -> None:
        super().__init__(f"you belong to several organizations; name one of {', '.join(slugs)}")


class NotAMember(OrganizationError):
    """The caller must ask an administrator of an organization to be made a member."""


class RoleTooLow(OrganizationError):
    """The caller's role does not reach; an administrator of the organization can give a higher one."""

    def __init__(self, *, has: str, needs: str) -> None:
        super().__init__(f"your role here is {has}; this needs the role {needs}")


class Unsealable(OrganizationError):
    """A stored value opens with none of the keys; whoever runs the platform must give the key back."""

    def __init__(self) -> None:
        super().__init__(
            "a stored secret cannot be read: add the key that sealed it to HORARIUM_ENCRYPTION_KEYS "
            "(where there was none, it came from SECRET_KEY), or store the secret again"
        )


class NoSuchSecret(OrganizationError):
    """The organization has no secret of this name; whoever named it must add it, or name another."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no secret {name[:100]!r}")


class DuplicateSecret(OrganizationError):
    """The organization has a secret of this name; replace that one or choose another name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is already a secret called {name!r}")


class InvalidSecret(OrganizationError):
    """A secret that its author must put right; `errors` says where, and never shows the value."""

    field: ClassVar[str]

    @property
    def errors(self) -> list[dict[str, str]]:
        """Return `[{"path": …, "message": …}]`, as forms show it."""
        return [{"path": self.field, "message": str(self)}]


class InvalidSecretName(InvalidSecret):
    """No name of a secret."""

    field = "name"

    def __init__(self) -> None:
        super().__init__("start with a letter; use letters, digits, underscores and hyphens, 63 at most")


class InvalidSecretValue(InvalidSecret):
    """Nothing that can be kept as a secret."""

    field = "value"
