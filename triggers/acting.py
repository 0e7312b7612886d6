"""Do what reactions ask for, in the caller's transaction: start, record what was left out, count."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from executions import services
from executions.admitting.overlap import Decision
from executions.errors import InvalidStart, NotStartable
from executions.services import Start, Verdict
from organizations.statements import array, executed
from triggers import skips, tallies
from triggers.errors import TriggerChanged
from triggers.models import SkipReason, Trigger
from triggers.reactions import skip_of
from triggers.shown import Told
from triggers.skips import Skipped
from triggers.tallies import Count
from workflows.errors import InvalidInput

Wish = tuple[Trigger, Told, Start]

AT_ONCE = 100  # starts of one statement, which holds their inputs as text

_REASONS = {
    Decision.OVERLAP: SkipReason.OVERLAP,
    Decision.LIMIT: SkipReason.LIMIT,
    Decision.BUFFER_FULL: SkipReason.BUFFER_FULL,
}


def act(
    wishes: Sequence[Wish],
    skipped: Sequence[Skipped],
    *,
    matched: dict[Trigger, int],
    now: datetime,
    each: int = 1,
) -> None:
    """Start what is wished for and record the rest. Safe to repeat for starts: their keys name them.

    Args:
        each: how many events a wish stands for.
    """
    refused: list[Skipped] = []
    started = _started(wishes, refused, now=now)
    left_out = [*skipped, *(replace(one, count=each) for one in refused)]
    skips.record(left_out, now=now)
    tallies.add(_counts(started, left_out, matched), now=now)


# Whoever edits one of them waits for the end of this transaction, or this one for the edit. Before any other
# lock: what an edit locks besides, such as what the trigger has gathered, it locks after the trigger, too.
_HOLD = """
SELECT t.id FROM triggers_trigger AS t
JOIN unnest(%s::uuid[], %s::int[], %s::text[]) AS known (id, version, state) ON known.id = t.id
WHERE t.version = known.version AND t.state = known.state
ORDER BY t.id FOR SHARE OF t
"""


def hold(triggers: Collection[Trigger]) -> None:
    """Keep triggers as they were read until the caller's transaction ends. Call it first.

    Raises:
        TriggerChanged: one of them is not any more as it was read; the caller must roll back and look again.
    """
    known = {trigger.pk: (trigger.pk, trigger.version, trigger.state) for trigger in triggers}
    if not known:
        return
    with executed(_HOLD, [array(column) for column in zip(*known.values(), strict=True)]) as cursor:
        if len(cursor.fetchall()) != len(known):
            raise TriggerChanged


def within_rates(wishes: Sequence[Wish], *, now: datetime) -> tuple[list[Wish], list[Skipped]]:
    """Split wishes into those that the rate limits of their triggers allow, the first ones, and the others."""
    allowed: list[Wish] = []
    dropped: list[Skipped] = []
    room: dict[UUID, int] = {}
    for wish in wishes:
        trigger, told, _ = wish
        if trigger.rate_limit is None:
            allowed.append(wish)
            continue
        if trigger.pk not in room:
            wanted = sum(other.pk == trigger.pk for other, _, _ in wishes)
            room[trigger.pk] = tallies.take(
                trigger.pk, wanted=wanted, limit=trigger.rate_limit, period=trigger.rate_period, now=now
            )
        if room[trigger.pk] > 0:
            room[trigger.pk] -= 1
            allowed.append(wish)
        else:
            dropped.append(skip_of(trigger, told, SkipReason.RATE_LIMITED))
    return allowed, dropped


def _started(wishes: Sequence[Wish], left_out: list[Skipped], *, now: datetime) -> list[tuple[Trigger, UUID]]:
    started = []
    for first in range(0, len(wishes), AT_ONCE):
        for (trigger, told, _), verdict in _verdicts(wishes[first : first + AT_ONCE], left_out, now=now):
            if verdict.id is not None:
                started.append((trigger, verdict.id))
            else:
                # What is not refused was started before: the parts of a join may end again.
                reason = _REASONS.get(verdict.decision, SkipReason.REPEATED)
                left_out.append(skip_of(trigger, told, reason))
    return started


def _verdicts(
    wishes: Sequence[Wish], left_out: list[Skipped], *, now: datetime
) -> Iterable[tuple[Wish, Verdict]]:
    """Start all with one call, or all but those that cannot be started at all.

    Not one after the other: two workers that lock the groups of their starts one by one hold up each other.
    """
    try:
        verdicts = services.start_many([start for *_, start in wishes], now=now)
    except (InvalidInput, InvalidStart, NotStartable):
        problems = [_problem(wish) for wish in wishes]
        left_out += [problem for problem in problems if problem]
        wishes = [wish for wish, problem in zip(wishes, problems, strict=True) if not problem]
        verdicts = services.start_many([start for *_, start in wishes], now=now)
    return zip(wishes, verdicts, strict=True)


def _problem(wish: Wish) -> Skipped | None:
    """Return the record of a start that is refused whatever else runs."""
    trigger, told, start = wish
    try:
        services.check(start)
    except (InvalidInput, InvalidStart) as error:
        paths = "; ".join(f"{problem['path']}: {problem['message']}" for problem in error.errors[:5])
        return skip_of(trigger, told, SkipReason.INVALID_INPUT, detail=paths)
    except NotStartable as error:
        return skip_of(trigger, told, SkipReason.NOT_STARTABLE, detail=str(error))
    return None


def _counts(
    started: Sequence[tuple[Trigger, UUID]], left_out: Sequence[Skipped], matched: dict[Trigger, int]
) -> dict[UUID, Count]:
    counts: dict[UUID, Count] = {}

    def of(owner_id: UUID, organization_id: UUID) -> Count:
        return counts.setdefault(owner_id, Count(organization_id=organization_id))

    for trigger, number in matched.items():
        of(trigger.pk, trigger.organization_id).matched += number
    for trigger, execution_id in started:
        count = of(trigger.pk, trigger.organization_id)
        count.started, count.execution_id = count.started + 1, execution_id
    for one in left_out:
        count = of(one.trigger_id, one.organization_id)
        count.skipped += one.count
        if one.reason != SkipReason.DEBOUNCED:
            count.problem = f"{one.reason}: {one.detail}".removesuffix(": ")
    return counts
