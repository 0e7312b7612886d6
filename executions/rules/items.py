"""What follows for a `for_each` step, given how many of its items have begun and ended. Pure."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

FailWhen: TypeAlias = Literal["first_item", "any_item", "every_item", "never"]
ItemsEnd: TypeAlias = Literal["completed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Items:
    """Counts of the items of one step.

    Attributes:
        begun: those whose turn has come, in order, whether they ended or not. Means nothing any more once
            items were cancelled before their turn.
        failed: those that failed, timed out or are ambiguous.
    """

    total: int
    begun: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def ended(self) -> int:
        """Return how many have ended, in whatever way."""
        return self.completed + self.failed + self.cancelled


@dataclass(frozen=True, slots=True)
class Next:
    """What to do now.

    Attributes:
        begin: how many more to make ready, the next ones in order.
        cancel: whether to cancel every item that nobody works on: ready, waiting for its turn, for a retry or
            for anything else that can be cancelled at once. If that ended any, ask again.
        outcome: how the step ends, once all items have ended.
    """

    begin: int = 0
    cancel: bool = False
    outcome: ItemsEnd | None = None


def follow(items: Items, *, max_parallel: int | None, fail_when: FailWhen, is_stopping: bool) -> Next:
    """Return what follows from the counts. A step without items completes at once.

    Args:
        max_parallel: how many items may be open at once, 1 or more; None for all.
        is_stopping: whether the execution is winding up, so that nothing more is to begin.
    """
    if items.ended == items.total:
        return Next(outcome=_outcome(items, fail_when, is_stopping=is_stopping))
    if is_stopping or (fail_when == "first_item" and items.failed + items.cancelled):
        return Next(cancel=True)

    left = items.total - items.begun
    free = left if max_parallel is None else max_parallel - (items.begun - items.ended)
    return Next(begin=min(left, free))


def only_counts(items: Items) -> bool:
    """Return whether one more completed item changes nothing but the count.

    So it is when others are still open and none waits for its turn, whatever became of the items before; then
    `follow` has nothing to add to what it said before.
    """
    return items.ended + 1 < items.total and items.begun == items.total


def _outcome(items: Items, fail_when: FailWhen, *, is_stopping: bool) -> ItemsEnd:
    tolerated = {"every_item": max(items.total - 1, 0), "never": items.total}.get(fail_when, 0)
    # One that was cancelled by itself is as good as failed; those that a stop cancelled say nothing of the items.
    broken = items.failed if is_stopping else items.failed + items.cancelled
    if broken > tolerated:
        return "failed" if items.failed else "cancelled"
    return "cancelled" if is_stopping and items.cancelled else "completed"
