"""Histograms of durations: what a percentile is worth."""

from hypothesis import given
from hypothesis import strategies as st

from executions.queues.histogram import BUCKETS, bucket, middle, percentile, trimmed

WORST = 0.125  # of the duration


def counted(*seconds: float) -> list[int]:
    counts = [0] * BUCKETS
    for each in seconds:
        counts[bucket(each)] += 1
    return counts


@given(st.floats(min_value=64e-6, max_value=86_400 * 12))
def test_the_middle_of_its_bucket_is_at_most_an_eighth_from_a_duration(seconds: float) -> None:
    assert abs(middle(bucket(seconds)) - seconds) <= seconds * WORST + 1e-6


@given(st.floats(min_value=0, max_value=1e9), st.floats(min_value=0, max_value=1e9))
def test_a_longer_duration_is_never_in_an_earlier_bucket(one: float, other: float) -> None:
    assert bucket(min(one, other)) <= bucket(max(one, other))


def test_what_no_bucket_is_made_for_is_in_the_first_or_the_last() -> None:
    assert (bucket(-1.0), bucket(0.0), bucket(63e-6)) == (0, 0, 0)
    assert bucket(10**9) == BUCKETS - 1


def test_a_percentile_is_the_duration_that_so_many_did_not_exceed() -> None:
    counts = counted(*[0.010] * 95, *[1.0] * 4, 60.0)

    found = [percentile(counts, percent) for percent in (50, 95, 99, 100)]

    wanted = [0.010, 0.010, 1.0, 60.0]
    for is_, should in zip(found, wanted, strict=True):
        assert is_ is not None
        assert abs(is_.total_seconds() - should) <= should * WORST


def test_nothing_has_no_percentile() -> None:
    assert percentile([], 50) is None
    assert percentile(counted(), 99) is None


def test_empty_buckets_at_the_end_are_not_stored() -> None:
    assert trimmed([0, 2, 0, 1, 0, 0]) == [0, 2, 0, 1]
    assert trimmed([0, 0]) == []
