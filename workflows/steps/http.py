"""`http`: one request."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AliasChoices, Field, model_validator

from workflows.steps.body import Body
from workflows.templates import OPENING

Header: TypeAlias = Annotated[str, Field(max_length=8_192)]
Status: TypeAlias = Annotated[int, Field(ge=100, le=599)]

SIGNATURE = ("webhook-id", "webhook-timestamp", "webhook-signature")


class HttpBody(Body):
    """Make one HTTP request. A status outside `expect` is a failure."""

    TEMPLATES = ("url", "headers", "query", "body")

    kind: Literal["http"]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    url: str = Field(min_length=1, max_length=8_192)
    headers: dict[str, Header] = Field(default={}, max_length=100)
    query: dict[str, Any] = {}
    body: Any = Field(default=None, validation_alias=AliasChoices("json", "body"), serialization_alias="json")
    """Sent as JSON; null sends none."""
    expect: list[Status] = Field(default=[], max_length=100)
    """Statuses that count as success; none given means 200 to 299."""
    follow_redirects: bool = False
    """At most five. To another origin none of the headers go along that may be a secret."""
    sign: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")
    """Name of the secret of the organization that signs the request, as Standard Webhooks asks."""

    @model_validator(mode="before")
    @classmethod
    def _check_one_body(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and "json" in data and "body" in data:
            raise ValueError("`json` and `body` are two names of one field; give one of them")
        return data

    @model_validator(mode="after")
    def _check_url(self) -> Self:
        if not self.url.startswith(("http://", "https://", OPENING)):
            raise ValueError("`url` must begin with http://, https:// or an expression")
        return self

    @model_validator(mode="after")
    def _check_signature(self) -> Self:
        ours = [name for name in self.headers if name.lower() in SIGNATURE]
        if self.sign and ours:
            raise ValueError(f"`sign` makes the header {ours[0]!r}; leave it out of `headers`")
        return self

    def accepts(self, status: int) -> bool:
        """Return whether `status` counts as success."""
        return status in self.expect if self.expect else 200 <= status <= 299
