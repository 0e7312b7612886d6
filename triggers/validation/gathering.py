"""What is gathered before it starts anything: a burst, a batch, the ends of a join."""

from collections.abc import Iterator
from datetime import timedelta

from triggers.models import Trigger
from workflows.duration import format_duration
from workflows.errors import Problem

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
LONGEST_BURST = timedelta(days=7)
USUAL_JOIN, SHORTEST_JOIN, LONGEST_JOIN = DAY, timedelta(minutes=1), timedelta(days=30)
SMALLEST_BATCH, LARGEST_BATCH = 2, 1_000


def gathering_problems(trigger: Trigger) -> Iterator[Problem]:
    """Yield what is wrong with `debounce`, `batch_size`, `join_window` and what belongs to them."""
    yield from _burst_problems(trigger)
    yield from _batch_problems(trigger)
    yield from _join_problems(trigger)
    if trigger.debounce is not None and trigger.batch_size is not None:
        yield Problem(path="batch_size", message="goes without `debounce`; take one of them out")
    if trigger.group_key and not trigger.gathers:
        message = (
            "nothing is gathered; give `debounce`, `batch_size` or several ends in `after`, or leave it out"
        )
        yield Problem(path="group_key", message=message)


def between(
    field: str, value: timedelta | None, shortest: timedelta, longest: timedelta
) -> Iterator[Problem]:
    """Yield that a duration that is given is too short or too long."""
    if value is not None and not shortest <= value <= longest:
        message = f"write a duration from {format_duration(shortest)} to {format_duration(longest)}"
        yield Problem(path=field, message=message)


def _burst_problems(trigger: Trigger) -> Iterator[Problem]:
    yield from between("debounce", trigger.debounce, SECOND, DAY)
    if trigger.debounce_max is None:
        return
    if trigger.debounce is None:
        yield Problem(path="debounce_max", message="belongs to `debounce`; give that too, or leave it out")
    else:
        shortest = min(max(trigger.debounce, SECOND), DAY)
        yield from between("debounce_max", trigger.debounce_max, shortest, LONGEST_BURST)


def _batch_problems(trigger: Trigger) -> Iterator[Problem]:
    size = trigger.batch_size
    if size is not None and not SMALLEST_BATCH <= size <= LARGEST_BATCH:
        message = f"write a number from {SMALLEST_BATCH} to {LARGEST_BATCH}, or null for no batches"
        yield Problem(path="batch_size", message=message)
    yield from between("batch_window", trigger.batch_window, SECOND, DAY)
    if size is not None and trigger.batch_window is None:
        message = (
            "say how long a batch waits to be full, such as 5m; else its last events might wait for ever"
        )
        yield Problem(path="batch_window", message=message)
    if size is None and trigger.batch_window is not None:
        yield Problem(path="batch_window", message="belongs to `batch_size`; give that too, or leave it out")


def _join_problems(trigger: Trigger) -> Iterator[Problem]:
    yield from between("join_window", trigger.join_window, SHORTEST_JOIN, LONGEST_JOIN)
    if not trigger.is_join:
        if trigger.join_window != USUAL_JOIN:
            message = "belongs to several ends in `after`; name two or more, or leave it out"
            yield Problem(path="join_window", message=message)
        return
    for field in ("debounce", "batch_size"):
        if getattr(trigger, field) is not None:
            message = "goes with one end; several ends in `after` are gathered by themselves; leave it out"
            yield Problem(path=field, message=message)
