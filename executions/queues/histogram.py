"""Histograms of durations: counts by size, whose sum is again a histogram.

Four buckets to each doubling, from 64 microseconds up. A percentile is the
middle of its bucket: at most 12.5 % from the duration itself, and never more
than 32 microseconds below the first doubling.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate

_FIRST_BITS = 7  # bits of 64 microseconds; what is shorter is in bucket 0
_PARTS_BITS = 2  # of a doubling: four buckets
BUCKETS = 1 + (41 - _FIRST_BITS << _PARTS_BITS)  # the last one holds whatever takes longer than 12 days
PERCENTILES = (50, 95, 99)


def bucket(seconds: float) -> int:
    """Return the place of a duration; one below zero, as clocks make it, counts as nothing."""
    microseconds = int(seconds * 1_000_000)
    if microseconds < 1 << _FIRST_BITS - 1:
        return 0
    bits = microseconds.bit_length()
    part = (microseconds >> (bits - 1 - _PARTS_BITS)) & 3
    place = 1 + (bits - _FIRST_BITS << _PARTS_BITS) + part
    return place if place < BUCKETS else BUCKETS - 1


def middle(place: int) -> float:
    """Return the middle of a bucket, in seconds."""
    if place == 0:
        return (1 << _FIRST_BITS - 1) / 2 / 1_000_000
    doubling, part = divmod(place - 1, 1 << _PARTS_BITS)
    width = 1 << doubling + _FIRST_BITS - 1 - _PARTS_BITS
    return width * ((1 << _PARTS_BITS) + part + 0.5) / 1_000_000


def percentile(counts: Sequence[int], percent: float) -> timedelta | None:
    """Return the duration that `percent` of those counted do not exceed, or None of an empty histogram."""
    wanted = sum(counts) * percent / 100
    if not wanted:
        return None
    place = next(place for place, seen in enumerate(accumulate(counts)) if seen >= wanted)
    return timedelta(seconds=middle(place))


def trimmed(counts: Sequence[int]) -> Sequence[int]:
    """Return the counts without the empty buckets at the end, as they are stored."""
    length = len(counts)
    while length and not counts[length - 1]:
        length -= 1
    return counts[:length]
