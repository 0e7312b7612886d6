"""Whether the rules of a schedule can be read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from schedules.recurrence import InvalidRule, Rule, rule_from_dict, zone_named
from workflows.errors import Problem

MAX_RULES = 20
ANY_TIME = datetime(2020, 1, 1, tzinfo=UTC)  # an anchor for rules of which only the shape is asked


def read_rules(
    rules: object, *, timezone: str, hash_key: str, created_at: datetime
) -> tuple[list[Rule], list[Problem]]:
    """Return the rules that can be read, and what is wrong with the zone and with each of the others."""
    problems = list(_zone_problems(timezone))
    how = {"hash_key": hash_key, "zone": "UTC" if problems else timezone, "created_at": created_at}
    if not isinstance(rules, list) or not 1 <= len(rules) <= MAX_RULES:
        return [], [*problems, Problem(path="rules", message=f"write a list of 1 to {MAX_RULES} rules")]
    read: list[Rule] = []
    for number, data in enumerate(rules):
        rule = _read(data, path=f"rules[{number}]", **how)
        if isinstance(rule, dict):
            problems.append(rule)
        else:
            read.append(rule)
    return read, problems


def rule_problems(rules: object) -> list[Problem]:
    """Return what is wrong with the shape of rules, whatever the schedule and its zone."""
    return read_rules(rules, timezone="UTC", hash_key="", created_at=ANY_TIME)[1]


def _zone_problems(name: str) -> Iterator[Problem]:
    try:
        zone_named(name)
    except InvalidRule as error:
        yield Problem(path="timezone", message=error.problem)


def _read(data: object, *, path: str, **how: Any) -> Rule | Problem:
    try:
        return rule_from_dict(data, **how)
    except InvalidRule as error:
        message = error.problem if error.key == error.field else f"{error.field}: {error.problem}"
        return Problem(path=f"{path}.{error.key}", message=message)
