"""Steps of a cron that do not do what they seem to."""

import re
from collections.abc import Iterator

from schedules.recurrence.cron import Cron
from schedules.recurrence.cron.fields import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND, Field
from schedules.recurrence.description.phrases import listed

STEP = re.compile(r"(?:\*|H|(?P<first>[0-9]+)(?:-(?P<last>[0-9]+))?)/(?P<step>[0-9]+)")
FIELDS = (SECOND, MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK)
AROUND = ("minute", "hour", "day", "month", "year", "week")  # in which each field starts afresh


def odd_steps(cron: Cron) -> Iterator[tuple[str, str]]:
    """Yield (code, message) for each step beyond its field, and each that does not divide it."""
    texts = cron.text.upper().split()
    if texts[0].startswith("@"):
        return
    for place, text in enumerate(texts, len(FIELDS) - len(texts)):
        for match in map(STEP.fullmatch, text.split(",")):
            if match:
                yield from _odd(FIELDS[place], match, around=AROUND[place])


def _odd(where: Field, match: re.Match[str], *, around: str) -> Iterator[tuple[str, str]]:
    step, first, last = int(match["step"]), int(match["first"] or where.low), int(match["last"] or where.high)
    span = last - first + 1 + (where.size if last < first else 0)
    if step >= span > 1:
        yield (
            "step_larger_than_field",
            (
                f"{where.name}: {match[0]} leaves one value only, as the step reaches past the end;"
                f" write a step below {span}, or that value alone"
            ),
        )
    elif first == where.low and match["last"] is None and where.size % step:
        yield (
            "uneven_step",
            (
                f"{where.name}: {match[0]} starts afresh with each {around}, so the last run of one and the first"
                f" of the next are closer together; for even spacing write {_remedy(where)}"
            ),
        )


def _remedy(where: Field) -> str:
    if where in (DAY_OF_MONTH, DAY_OF_WEEK):
        return "an interval rule"
    divisors = [str(n) for n in range(2, where.size // 2 + 1) if where.size % n == 0]
    return f"an interval rule, or a step that divides {where.size}: {listed(divisors, last='or')}"
