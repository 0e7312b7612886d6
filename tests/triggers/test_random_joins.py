"""Random ends of two workflows, edits and deaths: a join starts once for each nominal time that has both."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

import clock
from events import dispatching as queue
from events.dispatching import Claimed
from events.errors import LostDispatch
from events.models import Dispatch, Event
from executions import services as executions
from executions.models import Execution, Source
from executions.services import Start
from organizations.models import Organization
from tests.conftest import MakeWorkflow
from tests.triggers.shop import MINUTE
from triggers import dispatching, releasing, services
from triggers.errors import TriggerChanged
from triggers.models import Gathering, Skip, Tally, Trigger
from workflows.models import Workflow

TURNS = 40
WINDOW = 60.5 * MINUTE
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
TIMES = [None, *(MIDNIGHT + hour * timedelta(hours=1) for hour in range(4))]
ORDERS = [("a", "b"), ("b", "a"), ("a", "b", "c")]


@dataclass
class Pile:
    """Ends of one nominal time; `count` has those whose place another one took."""

    due_at: timedelta
    names: set[str] = field(default_factory=set)
    count: int = 0


@dataclass
class World:
    """A join beside its model."""

    chance: random.Random
    flows: dict[str, Workflow]
    trigger: Trigger
    shift: Callable[[timedelta], None]
    run: Callable[[], int]
    at: timedelta = timedelta(0)
    after: tuple[str, ...] = ORDERS[0]
    is_active: bool = True
    matched: int = 0
    piles: dict[str, Pile] = field(default_factory=dict)
    starts: set[str] = field(default_factory=set)
    joined: int = 0
    skips: Counter[str] = field(default_factory=Counter)
    late: list[list[Claimed]] = field(default_factory=list)

    def turn(self) -> None:
        acts = {self.end_some: 8, self.drain: 4, self.release: 2, self.wait: 1, self.edit: 1, self.die: 1}
        acts |= {self.come_late: 1, self.edit_after_look: 2, self.roll_back: 1}
        self.chance.choices(list(acts), list(acts.values()))[0]()

    def end_some(self) -> None:
        for _ in range(self.chance.randint(1, 3)):
            flow, fire_at = self.flows[self.chance.choice("abc")], self.chance.choice(TIMES)
            executions.start(Start(workflow=flow, source=Source.MANUAL, fire_at=fire_at), now=clock.now())
        self.run()

    def drain(self) -> None:
        due = Dispatch.objects.filter(available_at__lte=clock.now())
        ids = list(due.values_list("event_id", flat=True))
        dispatching.drain()
        self.deal_with(ids)

    def release(self) -> None:
        releasing.release_due(now=clock.now())
        self.release_due()

    def wait(self) -> None:
        self.at += self.chance.choice([1, 8, 40]) * MINUTE
        self.shift(self.at)

    def edit(self) -> bool:
        """Edit the join; return whether it is not as it was."""
        before = self.after, self.is_active
        if self.chance.random() < 0.5:
            act = services.resume if not self.is_active else services.pause
            act(self.trigger, by="ada", now=clock.now())
            self.is_active = not self.is_active
        else:
            self.after = self.chance.choice(ORDERS)
            services.change(self.trigger, now=clock.now(), after=ends(*self.after))
            if self.after != before[0]:
                self.skips["incomplete"] += sum(pile.count for pile in self.piles.values())
                self.piles = {}
        return (self.after, self.is_active) != before

    def die(self) -> None:
        if held := queue.claim("triggers", limit=self.chance.randint(1, 10)):
            self.late.append(held)
        releasing._claim(now=clock.now())
        self.wait()

    def roll_back(self) -> None:
        point = transaction.savepoint()
        dispatching.drain()
        releasing.release_due(now=clock.now())
        transaction.savepoint_rollback(point)

    def come_late(self) -> None:
        if not self.late:
            return
        held = self.late.pop()
        still = set(Dispatch.objects.values_list("event_id", "attempts"))
        is_lost = not {(one.event_id, one.attempts) for one in held} <= still
        with pytest.raises(LostDispatch) if is_lost else nullcontext(), transaction.atomic():
            dispatching._hand_on(held)
        if not is_lost:
            self.deal_with([one.event_id for one in held])

    def edit_after_look(self) -> None:
        held = queue.claim("triggers", limit=50)
        ids = [one.event_id for one in held]
        looked = dispatching._look(ids)
        is_seen = self.is_active and any(self._name(event) in self.after for event in self._events(ids))
        was_active = self.is_active
        is_refused = self.edit() and is_seen
        with pytest.raises(TriggerChanged) if is_refused else nullcontext(), transaction.atomic():
            dispatching._act(held, looked)
        if is_refused:
            dispatching._hand_on(held)
        if is_refused or (was_active and is_seen):
            self.deal_with(ids)

    def deal_with(self, ids: list[int]) -> None:
        """Do in the model what follows from ends."""
        is_any_complete = [self._add(event) for event in self._events(ids)] if self.is_active else []
        if any(is_any_complete):
            self.release_due()

    def _events(self, ids: list[int]) -> list[Event]:
        return list(Event.objects.filter(pk__in=ids).order_by("pk"))

    def _name(self, event: Event) -> str:
        return next(name for name, flow in self.flows.items() if flow.pk == event.workflow_id)

    def _add(self, event: Event) -> bool:
        name = self._name(event)
        if name not in self.after:
            return False
        self.matched += 1
        key = Execution.objects.get(pk=event.execution_id or "").fire_at
        if key is None:
            self.skips["no_key"] += 1
            return False
        pile = self.piles.setdefault(key.isoformat(), Pile(self.at + WINDOW))
        pile.names.add(name)
        pile.count += 1
        if pile.names != set(self.after):
            return False
        self._complete(key.isoformat(), self.piles.pop(key.isoformat()))
        return True

    def _complete(self, key: str, pile: Pile) -> None:
        if key in self.starts:
            self.skips["repeated"] += pile.count
        else:
            self.starts.add(key)
            self.joined += pile.count

    def release_due(self) -> None:
        late = {key for key, pile in self.piles.items() if pile.due_at <= self.at}
        for key in late:
            self.skips["incomplete" if self.is_active else "paused"] += self.piles.pop(key).count

    def check(self) -> None:
        assert not Dispatch.objects.exists()
        assert not Gathering.objects.exists()
        starts = Execution.objects.filter(trigger_id=self.trigger.pk).values_list("input", flat=True)
        assert sorted(one["key"] for one in starts) == sorted(self.starts)
        assert all(set(one["ended"]) >= {"a", "b"} for one in starts)
        skips = Skip.objects.values_list("reason").annotate(Sum("count"))
        assert dict(skips) == {reason: count for reason, count in self.skips.items() if count}
        tally = Tally.objects.get(pk=self.trigger.pk)
        assert (tally.matched, tally.started) == (self.matched, len(self.starts))
        assert self.matched == self.joined + self.skips.total() == self.joined + tally.skipped


def ends(*names: str) -> list[dict[str, Any]]:
    return [{"workflow": name} for name in names]


@pytest.mark.parametrize("seed", range(20))
def test_a_join_starts_once_for_what_belongs_together_and_accounts_for_the_rest(
    seed: int, organization: Organization, make_workflow: MakeWorkflow, shift_clock: Any, drain: Any
) -> None:
    flows = {name: make_workflow(name=name) for name in ("a", "b", "c")}
    trigger = services.create(
        organization,
        now=clock.now(),
        name="join",
        workflow=make_workflow(name="report"),
        after=ends(*ORDERS[0]),
        join_window=WINDOW,
        input={"key": "${{ event.data.key }}", "ended": "${{ event.data.ends.map(one, one.workflow) }}"},
    )
    world = World(random.Random(seed), flows, trigger, shift_clock, drain)

    for _ in range(TURNS):
        world.turn()
    for _ in range(3):
        world.at += 120 * MINUTE
        shift_clock(world.at)
        world.drain()
        world.release()

    world.check()
