"""The kinds of steps, and how often each is tried.

A new kind is one model here and one row in `Step`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from workflows.duration import Duration, format_duration
from workflows.expressions import Expression, compile_expression
from workflows.templates import OPENING, Template, compile_template

ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
LONGEST_TIMEOUT = timedelta(hours=24)

Header: TypeAlias = Annotated[str, Field(max_length=8_192)]
Status: TypeAlias = Annotated[int, Field(ge=100, le=599)]


def _within(shortest: timedelta, longest: timedelta) -> AfterValidator:
    def check(duration: timedelta) -> timedelta:
        if shortest <= duration <= longest:
            return duration
        raise ValueError(f"must lie between {format_duration(shortest)} and {format_duration(longest)}")

    return AfterValidator(check)


def _not_the_platforms(task: str) -> str:
    if task.partition(".")[0] in {"celery", "events", "executions", "schedules"}:
        raise ValueError(f"{task!r} is the platform's own task and no step; name one of your application's")
    return task


def _as_names(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return [str(name) if isinstance(name, int) and not isinstance(name, bool) else name for name in value]


Delay: TypeAlias = Annotated[Duration, _within(timedelta(0), LONGEST_TIMEOUT)]
Timeout: TypeAlias = Annotated[Duration, _within(timedelta(seconds=1), LONGEST_TIMEOUT)]
ErrorName: TypeAlias = Annotated[str, Field(pattern=r"^([1-5]\d\d|[1-5]xx|[A-Za-z_][\w.]*)$", max_length=200)]
ErrorNames: TypeAlias = Annotated[list[ErrorName], BeforeValidator(_as_names), Field(max_length=50)]


class Model(BaseModel):
    """A frozen part of a definition that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Retry(Model):
    """How often a failed step is tried again, and how long after.

    The n-th failure is followed by a delay of `min(cap, initial * factor ** (n - 1))`.
    """

    max_attempts: int = Field(default=1, ge=1, le=100)
    """Attempts in all, the first included."""
    initial: Delay = timedelta(seconds=1)
    factor: float = Field(default=2.0, ge=1, le=10)
    cap: Delay = timedelta(minutes=5)
    jitter: Literal["full", "none"] = "full"
    """`full` waits a random part of the delay."""
    max_age: Duration | None = None
    """No attempt starts later than this after the step became ready."""
    retry_on: ErrorNames = []
    """Names of errors, HTTP statuses or `5xx`; when given, nothing else is tried again."""
    never_on: ErrorNames = []
    """The same, never tried again; wins over `retry_on`."""


class BaseStep(Model):
    """What every step has, whatever its kind."""

    TEMPLATES: ClassVar[tuple[str, ...]] = ()
    """Fields whose texts may hold `${{ … }}`."""

    id: str = Field(pattern=ID_PATTERN)
    needs: list[str] = Field(default=[], max_length=100)
    """Steps that must have completed before this one starts."""
    condition: str | None = Field(default=None, alias="if")
    """An expression; where it is false the step is skipped, and so is what needs it."""
    retry: Retry = Retry()
    timeout: Timeout = timedelta(minutes=5)
    """Of one attempt."""
    queue: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")

    @cached_property
    def guard(self) -> Expression | None:
        """Return the compiled `if`.

        Raises:
            ExpressionError: it does not compile; not after `parse_definition`.
        """
        return None if self.condition is None else compile_expression(self.condition)

    @cached_property
    def template(self) -> Template:
        """Return the fields with holes, compiled; it renders to `{"url": …, "body": …}` by attribute name.

        Raises:
            ExpressionError: an expression does not compile; not after `parse_definition`.
        """
        return compile_template({name: getattr(self, name) for name in self.TEMPLATES})

    def render(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields with holes, filled in, by attribute name.

        Raises:
            ExpressionError: an expression failed on these variables.
        """
        rendered: dict[str, Any] = self.template.render(variables)
        return rendered


class TaskStep(BaseStep):
    """Call a Celery task that is registered in the worker. Output: what it returns."""

    TEMPLATES = ("args", "kwargs")

    kind: Literal["task"]
    task: Annotated[str, Field(pattern=r"^[\w.-]+$", max_length=255), AfterValidator(_not_the_platforms)]
    args: list[Any] = []
    kwargs: dict[str, Any] = {}


class HttpStep(BaseStep):
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

    def accepts(self, status: int) -> bool:
        """Return whether `status` counts as success."""
        return status in self.expect if self.expect else 200 <= status <= 299


class SetStep(BaseStep):
    """Compute values. Output: `values`, filled in."""

    TEMPLATES = ("values",)

    kind: Literal["set"]
    values: dict[str, Any]


class WaitStep(BaseStep):
    """Wait for a while or until an instant, without holding a worker; `timeout` does not bound it."""

    TEMPLATES = ("until",)

    kind: Literal["wait"]
    duration: Duration | None = None
    until: str | None = Field(default=None, max_length=2_100)
    """An instant with its offset (`2026-11-20T09:00:00Z`), or an expression that gives one."""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.duration is None) == (self.until is None):
            raise ValueError("give exactly one of `duration` and `until`")
        if self.until is not None and OPENING not in self.until:
            parse_instant(self.until)
        return self


def parse_instant(value: Any) -> datetime:
    """Return the instant that the text `value` means, aware, in UTC.

    Raises:
        ValueError: it is not ISO 8601, has no offset and so is no instant, or lies outside the years 1 to
            9999 in UTC. Never holds the value.
    """
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("`until` must be an instant such as 2026-11-20T09:00:00Z") from None
    if instant.tzinfo is None:
        raise ValueError("`until` needs an offset, such as Z or +01:00; without one it is no instant")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("`until` lies outside the years 1 to 9999 in UTC") from None


Step: TypeAlias = Annotated[TaskStep | HttpStep | SetStep | WaitStep, Field(discriminator="kind")]
