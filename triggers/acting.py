"""Do what reactions ask for, in the caller's transaction: start, record what was left out, count."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from executions import services
from executions.admitting.overlap import Decision
from executions.errors import InvalidStart, NotStartable
from executions.services import Start, Verdict
from triggers import skips, tallies
from triggers.models import SkipReason, Trigger
from triggers.reactions import skip_of
from triggers.shown import Told
from triggers.skips import Skipped
from triggers.tallies import Count
from workflows.errors import InvalidInput

Wish = tuple[Trigger, Told, Start]

_REASONS = {
    Decision.OVERLAP: SkipReason.OVERLAP,
    Decision.LIMIT: SkipReason.LIMIT,
    Decision.BUFFER_FULL: SkipReason.BUFFER_FULL,
}


def act(
    wishes: Sequence[Wish], skipped: Sequence[Skipped], *, matched: dict[Trigger, int], now: datetime
) -> None:
    """Start what is wished for and record the rest. Safe to repeat for starts: their keys name them."""
    left_out = list(skipped)
    started = _started(wishes, left_out, now=now)
    skips.record(left_out, now=now)
    tallies.add(_counts(started, left_out, matched), now=now)


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
    """Start all with one call; where one of them cannot be started at all, one after the other."""
    try:
        verdicts: list[Verdict | Skipped] = list(
            services.start_many([start for *_, start in wishes], now=now)
        )
    except (InvalidInput, InvalidStart, NotStartable):
        verdicts = [_start_one(wish, now=now) for wish in wishes]
    started = []
    for (trigger, told, _), verdict in zip(wishes, verdicts, strict=True):
        if isinstance(verdict, Skipped):
            left_out.append(verdict)
        elif verdict.id is not None:
            started.append((trigger, verdict.id))
        elif verdict.is_refused:
            left_out.append(skip_of(trigger, told, _REASONS[verdict.decision]))
    return started


def _start_one(wish: Wish, *, now: datetime) -> Verdict | Skipped:
    trigger, told, start = wish
    try:
        return services.start_many([start], now=now)[0]
    except (InvalidInput, InvalidStart) as error:
        paths = "; ".join(f"{problem['path']}: {problem['message']}" for problem in error.errors[:5])
        return skip_of(trigger, told, SkipReason.INVALID_INPUT, detail=paths)
    except NotStartable as error:
        return skip_of(trigger, told, SkipReason.NOT_STARTABLE, detail=str(error))


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
