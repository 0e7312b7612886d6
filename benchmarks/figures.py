"""What a benchmark finds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measure of one system; `value` is the median where there are several samples.

    None where it was not reached in the time given, and the note says which.
    """

    benchmark: str
    measure: str
    system: str
    unit: str
    value: float | None
    p99: float | None = None
    largest: float | None = None
    samples: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Makes the figures of one system in one benchmark."""

    benchmark: str
    system: str

    def one(
        self, measure: str, value: float | None, unit: str, *, samples: int = 1, note: str = ""
    ) -> Figure:
        """Return a figure of a single value, such as a rate over `samples` executions."""
        return Figure(
            benchmark=self.benchmark,
            measure=measure,
            system=self.system,
            unit=unit,
            value=value,
            samples=samples,
            note=note,
        )

    def many(self, measure: str, values: Sequence[float], unit: str, *, note: str = "") -> Figure:
        """Return median, p99 and maximum of `values`."""
        return Figure(
            benchmark=self.benchmark,
            measure=measure,
            system=self.system,
            unit=unit,
            value=percentile(values, 50),
            p99=percentile(values, 99),
            largest=max(values, default=None),
            samples=len(values),
            note=note,
        )


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return the nearest-rank percentile, or None of nothing."""
    if not values:
        return None
    rank = math.ceil(percent / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]


def in_order(figures: Sequence[Figure]) -> list[Figure]:
    """Return the figures of one benchmark with each measure's systems side by side, otherwise in their order."""
    measures = list(dict.fromkeys(figure.measure for figure in figures))
    return sorted(figures, key=lambda figure: measures.index(figure.measure))
