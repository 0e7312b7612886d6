"""What every step says of how it runs, whatever its kind."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import Field

from workflows.expressions import References
from workflows.steps.model import Model, Timeout
from workflows.steps.retry import BreakerSetting, Retry
from workflows.templates import Template, compile_template


class Body(Model):
    """How the attempts of a step run."""

    TEMPLATES: ClassVar[tuple[str, ...]] = ()
    """Fields whose texts may hold `${{ … }}`."""

    retry: Retry = Retry()
    timeout: Timeout = timedelta(minutes=5)
    """Of one attempt, which is ended then."""
    soft_timeout: Timeout | None = None
    """Of one attempt: the code of a task gets `SoftTimeLimitExceeded`, to clean up before `timeout`."""
    queue: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")
    """Which workers may run it; the execution's unless given."""
    priority: int | None = Field(default=None, ge=0, le=9)
    """9 first; the execution's unless given."""
    delivery: Literal["at_least_once", "at_most_once"] = "at_least_once"
    """An interrupted attempt is tried again, or ends `ambiguous` and is never repeated by itself."""
    circuit_breaker: BreakerSetting = None
    """False for none. Unless given, `http` has one per host and other kinds have none."""

    @cached_property
    def template(self) -> Template:
        """Return the fields with holes, compiled; it renders to `{"url": …, "body": …}` by attribute name.

        Raises:
            ExpressionError: an expression does not compile; not after `parse_definition`.
        """
        return compile_template({name: getattr(self, name) for name in self.TEMPLATES})

    @property
    def references(self) -> References:
        """Return all that its expressions read."""
        return self.template.references

    def render(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields with holes, filled in, by attribute name.

        Raises:
            ExpressionError: an expression failed on these variables.
        """
        rendered: dict[str, Any] = self.template.render(variables)
        return rendered
