"""Ranges of whole numbers with a label each, searched quickly."""

from bisect import bisect_right
from collections.abc import Iterable


class Spans:
    """Finds the label of the range that holds a number.

    Where ranges overlap, the one that starts first wins: one reason is enough.
    """

    __slots__ = ("_firsts", "_labels", "_lasts")

    def __init__(self, ranges: Iterable[tuple[int, int, str]]) -> None:
        """Take ranges as (first, last, label), both ends inclusive, in any order."""
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._labels: list[str] = []
        for first, last, label in sorted(ranges):
            free = max(first, self._lasts[-1] + 1) if self._lasts else first
            if free <= last:
                self._append(free, last, label=label)

    def label(self, number: int) -> str | None:
        index = bisect_right(self._firsts, number) - 1
        return self._labels[index] if index >= 0 and number <= self._lasts[index] else None

    def _append(self, first: int, last: int, *, label: str) -> None:
        self._firsts.append(first)
        self._lasts.append(last)
        self._labels.append(label)
