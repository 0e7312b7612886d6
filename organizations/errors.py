"""What can go wrong with organizations and credentials."""


class OrganizationError(Exception):
    """Base of what callers of `organizations.services` may meet."""


class NoSuchOrganization(OrganizationError):
    """The caller must name an organization that exists and that they belong to."""


class InvalidApiKey(OrganizationError):
    """The key is unknown, expired or revoked; the caller must get another. Says no more, on purpose."""

    def __init__(self) -> None:
        super().__init__("the API key is not valid")
