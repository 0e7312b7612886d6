"""Figures as a table of plain text."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from benchmarks.figures import Figure

HEAD = ("", "", "median", "p99", "max", "unit", "n", "")


def head(machine: Mapping[str, str]) -> str:
    """Return the machine's description, a line for each fact."""
    width = max(map(len, machine))
    return "\n".join(f"{name:<{width}}  {fact}" for name, fact in machine.items())


def table(figures: Sequence[Figure]) -> str:
    """Return one block for each benchmark, one line for each measure of each system."""
    rows = {figure: _row(figure) for figure in figures}
    widths = [max(map(len, column)) for column in zip(HEAD, *rows.values(), strict=True)]
    lines = []
    for benchmark, group in groupby(figures, key=lambda figure: figure.benchmark):
        lines += ["", benchmark, _line(HEAD, widths)]
        last = ""
        for figure in group:
            measure, *rest = rows[figure]
            lines.append(_line(["" if measure == last else measure, *rest], widths))
            last = measure
    return "\n".join(lines)


def _row(figure: Figure) -> list[str]:
    numbers = [_number(figure.value) or "not reached", _number(figure.p99), _number(figure.largest)]
    return [figure.measure, figure.system, *numbers, figure.unit, f"{figure.samples:,}", figure.note]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    parts = []
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        is_number = index in {2, 3, 4, 6}
        parts.append(cell.rjust(width) if is_number else cell.ljust(width))
    return ("  " + "  ".join(parts)).rstrip()


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
