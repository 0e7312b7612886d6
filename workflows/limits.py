"""Limits of a workflow: how many of its executions run at once, or start in a period."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from workflows.duration import Duration
from workflows.steps import Model
from workflows.steps.model import within
from workflows.templates import Template, as_text, compile_template

_PERIOD = within(timedelta(seconds=1), timedelta(days=366))


class Limit(Model):
    """`{running: n}` or `{starts: n, per: 1h}`; with a `key`, for each of its values apart."""

    running: int | None = Field(default=None, ge=1, le=100_000)
    """How many executions may run at once."""
    starts: int | None = Field(default=None, ge=1, le=1_000_000)
    """How many executions may start in each period."""
    per: Annotated[Duration, _PERIOD] | None = None
    """The period of `starts`."""
    key: str | None = Field(default=None, min_length=1, max_length=2_100)
    """A text with `${{ input.… }}`; executions with different values do not count together."""
    when_full: Literal["wait", "refuse", "cancel_other", "terminate_other"] = "wait"
    """What becomes of one execution more than the limit allows; the last two go with `running` only."""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.running is None) == (self.starts is None):
            raise ValueError("give either `running`, or `starts` with `per`")
        if (self.starts is None) != (self.per is None):
            raise ValueError("`starts` and `per` belong together, as in {starts: 10, per: 1m}")
        if self.starts is not None and self.when_full in {"cancel_other", "terminate_other"}:
            raise ValueError(f"`when_full: {self.when_full}` goes with `running`; ending one frees no start")
        return self

    @cached_property
    def key_template(self) -> Template | None:
        """Return the compiled `key`.

        Raises:
            ExpressionError: it does not compile; not after `parse_definition`.
        """
        return None if self.key is None else compile_template(self.key)

    def key_for(self, input: Mapping[str, Any]) -> str:  # noqa: A002 - the product's word
        """Return the value of `key` for an execution with this input; empty where there is none.

        Raises:
            ExpressionError: an expression failed on this input.
        """
        return as_text(self.key_template.render({"input": input})) if self.key_template else ""
