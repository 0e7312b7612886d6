"""The canonical text of a cron: numbers for names and hashes, one way to write each thing."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from schedules.recurrence.cron.days import DaysOfMonth, DaysOfWeek
from schedules.recurrence.cron.fields import Field

SHORTEST_RUN = 3  # values; two are shorter as a list


def plain(where: Field, values: Iterable[int], *, starred_step: int = 0) -> str:
    """Return the text of a field's values.

    Args:
        starred_step: n if the field begins with `*/n` and 1 for `*`, which stays, since it decides
            the day rule and the daylight saving rule; otherwise 0.
    """
    covered = set(range(where.low, where.high + 1, starred_step)) if starred_step else set()
    star = {0: [], 1: ["*"]}.get(starred_step, [f"*/{starred_step}"])
    return ",".join([*star, *_runs(sorted(set(values) - covered))])


def days_of_month(where: Field, days: DaysOfMonth, *, starred_step: int) -> str:
    items = [plain(where, days.plain, starred_step=starred_step)]
    items += [f"{day}W" for day in sorted(days.working)]
    items += [f"L-{back}" if back else "L" for back in sorted(days.from_end)]
    items += ["LW"] * days.last_working
    return ",".join(item for item in items if item)


def days_of_week(where: Field, days: DaysOfWeek, *, starred_step: int) -> str:
    items = [plain(where, days.plain, starred_step=starred_step)]
    items += [f"{weekday}#{n}" for weekday, n in sorted(days.nth)]
    items += [f"{weekday}L" for weekday in sorted(days.last)]
    return ",".join(item for item in items if item)


def _runs(values: Sequence[int]) -> list[str]:
    """Return single values and, where three or more are evenly spaced, `a-b` or `a-b/n`."""
    items = []
    rest = list(values)
    while rest:
        length = _run_length(rest)
        items.append(_item(rest[:length]))
        rest = rest[length:]
    return items


def _run_length(values: Sequence[int]) -> int:
    steps = [later - earlier for earlier, later in pairwise(values)]
    even = next((n for n, step in enumerate(steps) if step != steps[0]), len(steps)) + 1
    return even if even >= SHORTEST_RUN else 1


def _item(run: Sequence[int]) -> str:
    if len(run) == 1:
        return str(run[0])
    step = run[1] - run[0]
    return f"{run[0]}-{run[-1]}" + (f"/{step}" if step > 1 else "")
