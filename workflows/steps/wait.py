"""`wait`: for a while, until an instant, or for an event, without holding a worker."""

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from workflows.duration import Duration
from workflows.expressions import Expression, References, compile_expression
from workflows.steps.body import Body
from workflows.steps.model import Deadline, Model
from workflows.templates import OPENING


class EventWait(Model):
    """Which event ends a wait, and how long it may take to come."""

    type: str = Field(min_length=1, max_length=100)
    source: str | None = Field(default=None, min_length=1, max_length=200)
    """Exactly this source; any unless given."""
    match: str | None = None
    """An expression over `event` and what the step may read; the event counts where it is true."""
    timeout: Deadline | None = None
    on_timeout: Literal["fail", "continue"] = "fail"
    """What follows when it has not come in time; `continue` completes the step with null."""
    look_back: Duration = timedelta(0)
    """An event that came at most this long before the step began to wait counts as well."""

    @cached_property
    def matcher(self) -> Expression | None:
        """Return the compiled `match`.

        Raises:
            ExpressionError: it does not compile; not after `parse_definition`.
        """
        return None if self.match is None else compile_expression(self.match)


class WaitBody(Body):
    """Wait without holding a worker; `timeout` does not bound it.

    Output: `{"until": "…"}`, or the event `{"id", "type", "source", "at", "data"}`.
    """

    TEMPLATES = ("until",)

    kind: Literal["wait"]
    duration: Duration | None = None
    until: str | None = Field(default=None, max_length=2_100)
    """An instant with its offset (`2026-11-20T09:00:00Z`), or an expression that gives one."""
    event: EventWait | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if [self.duration, self.until, self.event].count(None) != 2:
            raise ValueError("give exactly one of `duration`, `until` and `event`")
        if self.until is not None and OPENING not in self.until:
            parse_instant(self.until)
        return self

    @property
    def references(self) -> References:
        """Return all that its expressions read; `event` is filled in where `match` is asked."""
        matcher = self.event.matcher if self.event else None
        return super().references | (matcher.references() if matcher else frozenset())


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
