"""When a worker is overloaded, and when it has recovered."""

import pytest

from executions.workers.load import Limits, Load, Usage, judge

MEMORY = Limits(memory=1_000)
OVER, NEAR, CALM = Usage(memory=1_001), Usage(memory=950), Usage(memory=899)


def after(*samples: Usage, limits: Limits = MEMORY) -> bool:
    load = Load()
    for usage in samples:
        load = judge(load, usage, limits=limits)
    return load.is_overloaded


@pytest.mark.parametrize(
    ("samples", "overloaded"),
    [
        ([CALM, NEAR], False),
        ([OVER], True),
        ([OVER, NEAR, NEAR], True),
        ([OVER, CALM], True),
        ([OVER, CALM, CALM], False),
        ([OVER, CALM, NEAR, CALM], True),
        ([OVER, CALM, OVER, CALM, CALM], False),
        ([Usage(memory=1_000)], False),
    ],
)
def test_it_stops_above_the_limit_and_recovers_after_two_calm_samples(
    samples: list[Usage], overloaded: bool
) -> None:
    assert after(*samples) is overloaded


def test_each_limit_counts_for_itself() -> None:
    limits = Limits(memory=1_000, cpu=150.0)

    assert after(Usage(memory=10, cpu=151.0), limits=limits)
    assert after(Usage(memory=10, cpu=151.0), Usage(memory=950), Usage(memory=950), limits=limits)


def test_without_limits_nothing_is_too_much() -> None:
    assert not after(Usage(memory=10**15, cpu=10_000.0), limits=Limits())
