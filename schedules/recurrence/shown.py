"""Rules as they are shown: in words, in canonical form, and as the preset that means the same."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from schedules.recurrence.cron import Cron
from schedules.recurrence.description import describe
from schedules.recurrence.presets import preset_of
from schedules.recurrence.rules import Rule, rule_to_dict

CACHED = 2_048  # to find the preset of a cron takes a millisecond, and a page of the API shows a hundred


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule beside its stored form.

    Attributes:
        rule: the stored form.
        description: in words.
        canonical: of a cron, in numbers, with every H decided.
        preset: that fires at the same times, `{"preset": str, ...}`; None if none does.
    """

    rule: dict[str, Any]
    description: str
    canonical: str | None
    preset: dict[str, Any] | None


@lru_cache(maxsize=CACHED)
def show(rule: Rule, *, zone: str) -> RuleShown:
    """Return a rule with what it is called beside its stored form; do not change what is returned.

    Args:
        zone: of the schedule; instants are shown on its clock.

    Raises:
        InvalidZone: naming `zone`.
    """
    stored = rule_to_dict(rule)
    canonical = rule.canonical if isinstance(rule, Cron) else None
    return RuleShown(stored, describe(rule, zone=zone), canonical, preset_of(stored))
