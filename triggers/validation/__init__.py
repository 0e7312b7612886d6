"""What makes a trigger acceptable. Every message names its field and a remedy.

What triggers and webhooks have in common is public, each by itself.
"""

from collections.abc import Iterator
from typing import Any

from executions.admitting.overlap import ALIASES
from triggers.errors import InvalidTrigger
from triggers.models import Trigger
from triggers.validation.causes import cause_problems, ends_of
from triggers.validation.conditions import expression_problems, filter_problems, input_problems
from triggers.validation.gathering import gathering_problems
from triggers.validation.settings import (
    concurrency_problems,
    plain_problems,
    rate_problems,
    workflow_problems,
)
from workflows.errors import Problem

__all__ = [
    "checked",
    "concurrency_problems",
    "expression_problems",
    "filter_problems",
    "input_problems",
    "plain_problems",
    "rate_problems",
    "workflow_problems",
]


def checked(trigger: Trigger) -> list[dict[str, Any]]:
    """Return `after` in its stored form, by ids and with all states; the alias of a policy is resolved.

    Raises:
        InvalidTrigger: naming each field that is wrong, as the API calls it.
    """
    trigger.overlap = ALIASES.get(trigger.overlap, trigger.overlap)
    ends, unread = ends_of(trigger)
    if problems := [*plain_problems(trigger), *cause_problems(trigger), *unread, *_others(trigger)]:
        raise InvalidTrigger(problems)
    return ends


def _others(trigger: Trigger) -> Iterator[Problem]:
    yield from filter_problems(trigger.filters)
    for field in ("condition", "group_key", "concurrency_key"):
        yield from expression_problems(field, getattr(trigger, field))
    yield from input_problems(trigger.input)
    yield from workflow_problems(trigger)
    yield from gathering_problems(trigger)
    yield from rate_problems(trigger)
    yield from concurrency_problems(trigger)
