"""From an exception or a timeout to a failed attempt, in words that the database takes."""

import traceback

from celery.exceptions import SoftTimeLimitExceeded

from executions.rules.outcomes import Failed
from executions.rules.retry import classes_of
from workflows.steps import BaseStep


def of_exception(error: BaseException) -> Failed:
    """Return the failure of an attempt whose code raised `error`."""
    is_soft_timeout = isinstance(error, SoftTimeLimitExceeded)
    classes = classes_of(error)
    return Failed(
        error=storable_text(_described(error)),
        error_class=classes[0],
        error_classes=classes,
        traceback=storable_text("".join(traceback.format_exception(error))),
        timed_out=is_soft_timeout,
        was_interrupted=is_soft_timeout,
    )


def timed_out(step: BaseStep, *, was_killed: bool = False) -> Failed:
    """Return the failure of an attempt that was ended at its timeout."""
    how = "; its code could not be interrupted, and its process was killed" if was_killed else ""
    return Failed(
        error=f"took longer than its timeout of {step.timeout.total_seconds():g} s{how}",
        error_class="Timeout",
        timed_out=True,
        was_interrupted=True,
    )


def storable_text(text: str) -> str:
    """Return `text` without what PostgreSQL refuses: U+0000 and halves of surrogate pairs."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def _described(error: BaseException) -> str:
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the `__str__` of a foreign class
        return name
    return f"{name}: {text}" if text else name
