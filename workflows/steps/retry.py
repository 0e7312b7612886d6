"""How often a step is tried, and when trying stops for all steps that call the same target."""

from datetime import timedelta
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag

from workflows.duration import Duration
from workflows.steps.model import Delay, Model, within


def _as_names(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return [str(name) if isinstance(name, int) and not isinstance(name, bool) else name for name in value]


ErrorName: TypeAlias = Annotated[str, Field(pattern=r"^([1-5]\d\d|[1-5]xx|[A-Za-z_][\w.]*)$", max_length=200)]
ErrorNames: TypeAlias = Annotated[list[ErrorName], BeforeValidator(_as_names), Field(max_length=50)]
Pause: TypeAlias = Annotated[Duration, within(timedelta(seconds=1), timedelta(hours=1))]


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


class CircuitBreaker(Model):
    """When a target that fails too often is left alone for a while; steps that call it wait meanwhile."""

    failures: float = Field(default=0.5, gt=0, le=1)
    """The share of calls that failed, at which it opens."""
    minimum: int = Field(default=20, ge=1, le=100_000)
    """It stays closed while there were fewer calls than this in the window."""
    window: Pause = timedelta(seconds=60)
    pause: Pause = timedelta(seconds=30)
    """How long it stays open before one call tries the target again."""


def _on_or_off(value: Any) -> str:
    return "off" if value is False else "on"


BreakerSetting: TypeAlias = (
    Annotated[
        Annotated[CircuitBreaker, Tag("on")] | Annotated[Literal[False], Tag("off")],
        Discriminator(_on_or_off),
    ]
    | None
)
