"""What can go wrong with organizations and credentials."""


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
