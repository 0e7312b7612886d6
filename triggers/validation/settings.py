"""Names, numbers and policies of a trigger, each by itself."""

from collections.abc import Iterator
from datetime import timedelta

from executions.admitting.overlap import GENERAL, OverlapPolicy
from executions.services import QUEUE, QUEUE_HELP
from schedules.validation import name_problem
from triggers.models import Trigger, Webhook
from triggers.validation.gathering import DAY, SECOND, between
from workflows.errors import NotPlain, Problem
from workflows.plain import check_text

LONGEST_DESCRIPTION = 2_000  # characters
MOST_STARTS = 1_000_000  # in a period
MOST_PLACES = 1_000
USUAL_PERIOD = timedelta(minutes=1)
RESERVED_NAMES = frozenset({"schema", "test"})  # pages of the API


def plain_problems(owner: Trigger | Webhook) -> Iterator[Problem]:
    """Yield what is wrong with the name, description, priority and queue of a trigger or webhook."""
    if wrong := name_problem(owner.name, reserved=RESERVED_NAMES):
        yield Problem(path="name", message=wrong)
    if len(owner.description) > LONGEST_DESCRIPTION:
        yield Problem(path="description", message=f"write at most {LONGEST_DESCRIPTION} characters")
    try:
        check_text(owner.description)
    except NotPlain as error:
        yield Problem(path="description", message=f"{error.reason}; take it out")
    if not 0 <= owner.priority <= 9:
        yield Problem(path="priority", message="write a number from 0 to 9; 9 runs first")
    if not QUEUE.fullmatch(owner.queue):
        yield Problem(path="queue", message=QUEUE_HELP)


def workflow_problems(owner: Trigger | Webhook) -> Iterator[Problem]:
    """Yield why the workflow cannot be started by a trigger or webhook of the organization."""
    workflow = owner.workflow
    if workflow.organization_id != owner.organization_id:
        yield Problem(path="workflow", message="there is no such workflow in this organization")
    elif workflow.state != workflow.State.ACTIVE or workflow.current_version_id is None:
        message = f"{workflow.name} is {workflow.state} and starts nothing; restore it or name another"
        yield Problem(path="workflow", message=message)


def rate_problems(trigger: Trigger) -> Iterator[Problem]:
    """Yield what is wrong with the rate limit."""
    if trigger.rate_limit is not None and not 1 <= trigger.rate_limit <= MOST_STARTS:
        yield Problem(path="rate_limit", message=f"write a number from 1 to {MOST_STARTS}, or null for none")
    period: timedelta = trigger.rate_period
    yield from between("rate_period", period, SECOND, DAY)
    if trigger.rate_limit is None and period != USUAL_PERIOD:
        yield Problem(path="rate_period", message="belongs to `rate_limit`; give that too, or leave it out")


def concurrency_problems(trigger: Trigger) -> Iterator[Problem]:
    """Yield what is wrong with the overlap policy and what belongs to it."""
    policy, limit = trigger.overlap, trigger.concurrency_limit
    if policy not in list(OverlapPolicy):
        yield Problem(path="overlap", message=f"write one of {', '.join(OverlapPolicy)}")
        return
    if trigger.concurrency_key and policy == OverlapPolicy.ALLOW_ALL:
        message = "allow_all lets all start at once; give an `overlap` such as skip, or leave it out"
        yield Problem(path="concurrency_key", message=message)
    if not 1 <= limit <= MOST_PLACES:
        yield Problem(path="concurrency_limit", message=f"write a number from 1 to {MOST_PLACES}")
    elif limit > 1 and policy not in GENERAL:
        message = f"more than 1 goes with `overlap` {', '.join(sorted(GENERAL))}; write 1, or one of these"
        yield Problem(path="concurrency_limit", message=message)
