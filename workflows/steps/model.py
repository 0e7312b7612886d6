"""What the parts of a definition have in common: they are frozen, strict, and bounded."""

from datetime import timedelta
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict

from workflows.duration import LONGEST, Duration, format_duration

LONGEST_TIMEOUT = timedelta(hours=24)  # of one attempt


class Model(BaseModel):
    """A frozen part of a definition that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def within(shortest: timedelta, longest: timedelta) -> AfterValidator:
    """Return the check of a duration that must lie between these two, both allowed."""

    def check(duration: timedelta) -> timedelta:
        if shortest <= duration <= longest:
            return duration
        raise ValueError(f"must lie between {format_duration(shortest)} and {format_duration(longest)}")

    return AfterValidator(check)


_SECOND = timedelta(seconds=1)

Delay: TypeAlias = Annotated[Duration, within(timedelta(0), LONGEST_TIMEOUT)]
Timeout: TypeAlias = Annotated[Duration, within(_SECOND, LONGEST_TIMEOUT)]
Deadline: TypeAlias = Annotated[Duration, within(_SECOND, LONGEST)]
