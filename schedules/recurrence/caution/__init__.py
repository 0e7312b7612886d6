"""What is allowed in a rule but may surprise its author."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from schedules.recurrence import written
from schedules.recurrence.caution.clock import moved, transitions
from schedules.recurrence.caution.months import skipped_months
from schedules.recurrence.caution.steps import odd_steps
from schedules.recurrence.cron import Cron
from schedules.recurrence.daylight import Gap, Overlap
from schedules.recurrence.rrule import RRule
from schedules.recurrence.rules import Rule
from schedules.recurrence.zones import in_utc, zone_of

KEYS: dict[type, str] = {Cron: ".expression", RRule: ".rrule"}  # of the JSON, where one holds the pattern


@dataclass(frozen=True)
class Caution:
    """Something to check, not an error.

    Attributes:
        path: of the rule or its key, such as `rules[0].expression`.
        code: `step_larger_than_field`, `uneven_step`, `skips_months`, `in_gap` or `in_overlap`.
        message: one sentence that says what will happen and what to write instead.
    """

    path: str
    code: str
    message: str


def cautions(
    rules: Sequence[Rule],
    *,
    zone: str | ZoneInfo,
    after: datetime,
    gap: str = Gap.AT_GAP_END,
    overlap: str = Overlap.FIRST,
) -> list[Caution]:
    """Return what may surprise in the rules of a schedule, in their order.

    Args:
        after: aware; jumps of the clock count in the year from here.

    Raises:
        InvalidRule: naming `zone`, `gap` or `overlap`.
    """
    where = zone_of(zone)
    jumps = list(transitions(where, in_utc(after)))
    policies = written.choice("gap", gap, Gap), written.choice("overlap", overlap, Overlap)
    found: list[Caution] = []
    for number, rule in enumerate(rules):
        path = f"rules[{number}]{KEYS.get(type(rule), '')}"
        for code, message in chain(
            _in_pattern(rule), moved(rule, zone=where, jumps=jumps, policies=policies)
        ):
            found.append(Caution(path, code, message))
    return found


def _in_pattern(rule: Rule) -> Iterator[tuple[str, str]]:
    if isinstance(rule, Cron):
        yield from odd_steps(rule)
    if isinstance(rule, Cron | RRule):
        yield from skipped_months(rule)
