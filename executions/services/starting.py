"""Start executions: the only place where one is born, whatever the cause."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from executions import queries
from executions.admitting import admission
from executions.admitting.limits import entering, letting_in
from executions.admitting.limits.entering import Wanted
from executions.admitting.limits.wanted import wanted_places
from executions.admitting.overlap import WAITS, Decision
from executions.errors import (
    ExecutionError,
    IdempotencyConflict,
    IllegalMove,
    InvalidStart,
    LimitReached,
    NotStartable,
    Overlapping,
    TooManyWaiting,
)
from executions.models import Execution, Source
from executions.queries import NewCause
from executions.queues import bounds
from executions.services.causes import Checked, Start, Started, Verdict
from executions.services.recording import record
from workflows.definition import check_input
from workflows.errors import InvalidInput, Problem
from workflows.models import Workflow
from workflows.services import definition_of

QUEUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
QUEUE_HELP = "use letters, digits, dots, hyphens and underscores, 63 at most"
MAX_KEY = 200  # characters of an idempotency key
# Somebody waits for the answer and can come back. A fire, a backfill's or a parent's start would be lost.
REFUSED_WHEN_FULL = frozenset({Source.MANUAL, Source.CALL, Source.REDRIVE, Source.WEBHOOK})

# What keys begin with that only these causes may use.
OWN_KEYS: Mapping[str, frozenset[str]] = {
    "step:": frozenset({Source.PARENT}),
    "trigger:": frozenset({Source.EVENT, Source.CHAIN, Source.WEBHOOK}),
}


def start(cause: Start, *, now: datetime) -> Started:
    """Record an execution and make its first steps ready, or return the one its idempotency key names.

    Raises:
        InvalidInput: the input does not fit the workflow.
        InvalidStart: priority, queue or key are out of bounds.
        NotStartable: the workflow is archived.
        IdempotencyConflict: the key was used for another workflow or input.
        Overlapping: others of its group are active and the policy does not let it wait.
        LimitReached: a limit of the workflow is full and refuses it.
        QueueFull: enough waits in its queue; never of a schedule's fire or a child, which would be lost.
        TooManyWaiting: it would have to wait, and as many as may do.
    """
    if (earlier := _earlier(cause)) is not None:
        return earlier
    if cause.source in REFUSED_WHEN_FULL:
        bounds.refuse_when_full(_first_queues(cause))
    (verdict,) = start_many([cause], now=now)
    if verdict.id is not None:
        return Started(verdict.id, created=True)
    if (earlier := _earlier(cause)) is not None:
        return earlier
    if verdict.is_refused:
        raise _refusal(cause, verdict.decision)
    raise IllegalMove("the fire", state="started", to="started again")


def _first_queues(cause: Start) -> set[tuple[UUID, str]]:
    """Return the queues of the steps with which a start begins."""
    workflow = cause.workflow
    steps = definition_of(workflow.current_version_id).steps if workflow.current_version_id else []
    return {(workflow.organization_id, step.queue or cause.queue) for step in steps if not step.needs}


def _refusal(cause: Start, decision: Decision) -> ExecutionError:
    if decision is Decision.LIMIT:
        version_id = cause.version_id or cause.workflow.current_version_id
        limits = definition_of(version_id).limits if version_id else []
        return LimitReached([limit for limit in limits if limit.when_full == "refuse"])
    return TooManyWaiting() if decision is Decision.BUFFER_FULL else Overlapping()


def start_many(causes: Sequence[Start], *, now: datetime) -> list[Verdict]:
    """Record executions with one statement.

    Safe to repeat for causes with a unique key: (schedule, kind, nominal time)
    or idempotency key.

    Returns:
        For each cause what became of it, in order.

    Raises:
        InvalidInput, InvalidStart, NotStartable: of any cause; nothing is recorded.
    """
    if not causes:
        return []
    checked = [_checked(cause) for cause in causes]
    if not any(one.cause.admission or one.places for one in checked):
        return record(checked, [Decision.START] * len(causes), now=now)
    with transaction.atomic(savepoint=False):
        return _start_in_turns(checked, now=now)


def check(cause: Start) -> None:
    """Check a cause as `start_many` would, and start nothing.

    Raises:
        InvalidInput, InvalidStart, NotStartable: it would not be taken.
    """
    _checked(cause)


def _start_in_turns(checked: Sequence[Checked], *, now: datetime) -> list[Verdict]:
    """Decide on starts under the locks of all their groups, and record them."""
    wanted = [one.wanted for one in checked]
    if keys := {key for one in wanted for key in one.keys}:
        queries.lock_groups(keys)
    wanted = _without_repeated(checked, wanted)
    verdicts: dict[int, Verdict] = {}
    for turn in entering.turns(wanted):
        verdicts |= zip(
            turn, _start_turn([checked[i] for i in turn], [wanted[i] for i in turn], now=now), strict=True
        )
    return [verdicts[i] for i in range(len(checked))]


def _start_turn(checked: Sequence[Checked], wanted: Sequence[Wanted], *, now: datetime) -> list[Verdict]:
    decisions = entering.decide(wanted, now=now)
    verdicts = record(checked, decisions, now=now)
    waiting = [i for i, decision in enumerate(decisions) if decision in WAITS]
    admission.settle({group.key for i in waiting if (group := wanted[i].group)}, now=now)
    letting_in.look_on_commit(
        [born for i in waiting if checked[i].places and (born := verdicts[i].id)], now=now
    )
    return verdicts


def _without_repeated(checked: Sequence[Checked], wanted: list[Wanted]) -> list[Wanted]:
    """Return what starts compete for; a repeat of what is recorded already must not end what the first one started."""
    clearing = [
        NewCause(
            place,
            one.cause.workflow.organization_id,
            one.cause.schedule_id,
            one.cause.fire_kind,
            one.cause.fire_at,
            one.cause.idempotency_key,
        )
        for place, one in enumerate(checked)
        if wanted[place].ends_others
    ]
    repeated = queries.recorded(clearing) if clearing else set()
    return [Wanted(None, ()) if place in repeated else one for place, one in enumerate(wanted)]


def _checked(cause: Start) -> Checked:
    workflow = cause.workflow
    if problems := list(_problems(cause)):
        raise InvalidStart(problems)
    version_id = cause.version_id or workflow.current_version_id
    if workflow.state != Workflow.State.ACTIVE or version_id is None:
        raise NotStartable(f"workflow {workflow.name} is {workflow.state}; it starts nothing")
    definition = definition_of(version_id)
    whole = check_input(definition, cause.input)
    return Checked(cause, version_id, whole, wanted_places(definition.limits, workflow.pk, whole))


def _problems(cause: Start) -> Iterator[Problem]:
    if type(cause.priority) is not int or not 0 <= cause.priority <= 9:
        yield Problem(path="priority", message="write a number from 0 to 9; 9 runs first")
    if not QUEUE.fullmatch(cause.queue):
        yield Problem(path="queue", message=QUEUE_HELP)
    if cause.idempotency_key is not None and not 1 <= len(cause.idempotency_key) <= MAX_KEY:
        yield Problem(path="idempotency_key", message=f"write 1 to {MAX_KEY} characters")
    elif begins := next((name for name in OWN_KEYS if _takes(cause, name)), None):
        yield Problem(
            path="idempotency_key", message=f"keys that begin with {begins} are Horarium's own; use another"
        )


def _takes(cause: Start, begins: str) -> bool:
    """Return whether a start uses a key of somebody else."""
    return cause.source not in OWN_KEYS[begins] and (cause.idempotency_key or "").startswith(begins)


def _earlier(cause: Start) -> Started | None:
    """Return what the cause's idempotency key started before, whatever has become of the workflow."""
    key = cause.idempotency_key
    if key is None:
        return None
    keyed = Execution.objects.filter(organization_id=cause.workflow.organization_id, idempotency_key=key)
    existing = keyed.only("workflow_id", "version_id", "input").first()
    if existing is None:
        return None
    if existing.workflow_id != cause.workflow.pk or not _is_same_input(existing, cause.input):
        raise IdempotencyConflict(key)
    return Started(existing.pk, created=False)


def _is_same_input(existing: Execution, given: Mapping[str, Any]) -> bool:
    try:
        return bool(existing.input == check_input(definition_of(existing.version_id), given))
    except InvalidInput:
        return False
