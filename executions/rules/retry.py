"""After a failed attempt: whether to try again, and when.

Full jitter: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from workflows.definition import Retry
from workflows.duration import LONGEST

MAX_EXPONENT = 100  # max_attempts ends there; keeps the power finite before the cap can apply
MAX_RETRY_AFTER = timedelta(hours=24)  # a server may ask for patience, not for a decade of it

Reason: TypeAlias = Literal["exhausted", "not_retryable", "too_old"]
Jitter: TypeAlias = Callable[[], float]  # in [0, 1], such as random.random


@dataclass(frozen=True, slots=True)
class Again:
    """Make another attempt after `delay`."""

    delay: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Make no further attempt, because of `reason`."""

    reason: Reason


def delay(retry: Retry, failures: int, *, jitter: Jitter) -> timedelta:
    """Return how long to wait after the `failures`-th failure, at most `retry.cap`.

    Args:
        failures: attempts that failed so far, at least 1.
        jitter: asked once, and only where the policy wants jitter.
    """
    exponent = min(max(failures, 1) - 1, MAX_EXPONENT)
    seconds = min(retry.cap.total_seconds(), retry.initial.total_seconds() * retry.factor**exponent)
    return timedelta(seconds=seconds * jitter() if retry.jitter == "full" else seconds)


def verdict(
    retry: Retry,
    *,
    failures: int,
    error_class: str,
    status: int | None,
    age: timedelta,
    retry_after: timedelta | None,
    jitter: Jitter,
    error_classes: Iterable[str] = (),
    retry_in: timedelta | None = None,
    is_final: bool = False,
) -> Again | GiveUp:
    """Return whether a step run is tried again after its `failures`-th failure, and when.

    Args:
        failures: attempts that failed, this one included; crashes count apart.
        error_class: name of the error, dotted (`requests.exceptions.Timeout`) or bare.
        status: HTTP status of the answer, where there was one.
        age: time since the step became ready.
        retry_after: what the server asked for; wins over any other delay where it is longer.
        error_classes: the names of the error's class and of its bases, dotted; see `classes_of`.
        retry_in: the delay that the step's own code asked for; wins over the policy's where it is longer.
        is_final: the step's own code says that another attempt makes no sense.
    """
    if is_final or not _is_retryable(retry, _names([error_class, *error_classes], status)):
        return GiveUp("not_retryable")
    if failures >= retry.max_attempts:
        return GiveUp("exhausted")

    asked = min(retry_after or timedelta(0), MAX_RETRY_AFTER)
    wait = max(delay(retry, failures, jitter=jitter), min(retry_in or timedelta(0), LONGEST), asked)
    if retry.max_age is not None and age + wait > retry.max_age:
        return GiveUp("too_old")
    return Again(wait)


def classes_of(error: BaseException) -> tuple[str, ...]:
    """Return the dotted names of an error's class and of its bases, the most special first."""
    return tuple(
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in type(error).__mro__
        if kind not in {BaseException, object}
    )


def _is_retryable(retry: Retry, names: set[str]) -> bool:
    """Return whether the policy allows another attempt after this error; `never_on` wins over `retry_on`."""
    if not names.isdisjoint(retry.never_on):
        return False
    return not retry.retry_on or not names.isdisjoint(retry.retry_on)


def _names(classes: Iterable[str], status: int | None) -> set[str]:
    names = {form for name in classes for form in (name, name.rpartition(".")[2])}
    return names if status is None else names | {str(status), f"{status // 100}xx"}
