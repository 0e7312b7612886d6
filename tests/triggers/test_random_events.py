"""Random triggers, events, edits and deaths on the real tables: what a plain model says has come of each, and once."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

import clock
from events import dispatching as queue
from events import sending
from events.dispatching import Claimed
from events.errors import LostDispatch
from events.models import Dispatch
from executions.models import Execution
from organizations.models import Organization
from tests.conftest import MakeWorkflow
from tests.triggers.shop import LONGEST, MINUTE, Owner, Rule, Sent, Shop
from triggers import dispatching, releasing, services
from triggers.errors import TriggerChanged
from triggers.models import Gathering, Skip, Tally, Trigger, TriggerState
from workflows.models import Workflow

TURNS = 40
TYPES = ["order.created", "order.paid", "note"]
PATTERNS = ["order.created", "order.created", "order.*", "order.paid", "*"]
KINDS: list[Any] = ["new", "old", 1, "1", True]
WHO: list[Any] = ["a#1", "a#2", "b", 1]


def rule(chance: random.Random) -> Rule:
    """Return what a random trigger does."""
    mode = chance.choice(["plain", "plain", "burst", "batch"])
    overlap = chance.choice(["allow_all", "allow_all", "skip", "buffer_all"])
    return Rule(
        pattern=chance.choice(PATTERNS),
        source=chance.choice(["", "", "/shop"]),
        filters=(("kind", chance.choice(KINDS)),) if chance.random() < 0.4 else (),
        is_even=chance.random() < 0.3,
        mode=mode,
        group="who" if mode != "plain" and chance.random() < 0.6 else "",
        longest=LONGEST if chance.random() < 0.5 else None,
        rate=chance.randint(1, 3) if chance.random() < 0.3 else None,
        overlap=overlap,
        key="who" if mode != "batch" and overlap != "allow_all" and chance.random() < 0.6 else "",
    )


@dataclass
class World:
    """The real thing beside its model; each act is one turn."""

    chance: random.Random
    organization: Organization
    workflow: Workflow
    shift: Callable[[timedelta], None]
    run: Callable[[], int]
    shop: Shop = field(default_factory=Shop)
    late: list[list[Claimed]] = field(default_factory=list)
    wanted: set[int] = field(default_factory=set)
    made: int = 0

    def turn(self) -> None:
        acts = {self.send: 8, self.drain: 3, self.release: 2, self.wait: 3, self.edit: 2, self.end: 1}
        acts |= {
            self.die: 1,
            self.roll_back: 1,
            self.edit_after_look: 3,
            self.come_late: 2,
            self.edit_after_claim: 1,
        }
        acts |= {self.add_after_claim: 1}
        self.chance.choices(list(acts), list(acts.values()))[0]()

    def send(self) -> None:
        for _ in range(self.chance.randint(1, 4)):
            number = self.chance.randint(1, 40)
            data = {"kind": self.chance.choice(KINDS), "who": self.chance.choice(WHO), "number": number}
            type_, source = self.chance.choice(TYPES), self.chance.choice(["/shop", "/other"])
            self._send(type_, source, data)

    def _send(self, type_: str, source: str, data: dict[str, Any]) -> None:
        event = sending.Event(
            organization_id=self.organization.pk,
            type=type_,
            source=source,
            external_id=str(len(self.shop.events)),
            data=data,
        )
        sent = [sending.send(event, now=clock.now()) for _ in range(self.chance.randint(1, 2))]
        assert [one.created for one in sent] == [True, False][: len(sent)]
        self.shop.events[sent[0].id] = Sent(sent[0].id, type_, source, data)
        if Dispatch.objects.filter(event_id=sent[0].id).exists():
            self.wanted.add(sent[0].id)
        else:
            assert not self.shop.wanting([sent[0].id])

    def drain(self) -> None:
        ids = self._available()
        dispatching.drain()
        assert not set(self._available()) & set(ids)
        if ids:
            self.shop.deal_with(ids)

    def _available(self) -> list[int]:
        due = Dispatch.objects.filter(available_at__lte=clock.now())
        return sorted(due.values_list("event_id", flat=True))

    def release(self) -> None:
        releasing.release_due(now=clock.now())
        self.shop.release()

    def wait(self) -> None:
        self.shop.at += self.chance.choice([1, 3, 8, 40]) * MINUTE
        self.shift(self.shop.at)

    def end(self) -> None:
        while self.run():
            pass
        self.shop.finish_all()

    def edit(self) -> str:
        """Create, change, pause, resume or delete a trigger, and return the name of one that is not as it was."""
        names = [*self.shop.owners, ""]
        name = self.chance.choice(names) if len(names) < 6 else self.chance.choice(names[:-1])
        if not name:
            return self.create()
        row, one = Trigger.objects.get(name=name), self.shop.owners[name]
        before = one.rule.settings, one.is_active
        match self.chance.randrange(4):
            case 0:
                self._change(row, one)
            case 1:
                services.pause(row, by="ada", now=clock.now())
                one.is_active = False
            case 2:
                services.resume(row, by="ada", now=clock.now())
                one.is_active = True
            case _ if self.chance.random() < 0.4:
                services.delete(row, by="ada", now=clock.now())
                del self.shop.owners[name]
        is_as_before = name in self.shop.owners and (one.rule.settings, one.is_active) == before
        return "" if is_as_before else name

    def create(self) -> str:
        self.made += 1
        name, one = f"t{self.made}", Owner(rule(self.chance))
        settings = {"name": name, "workflow": self.workflow, **one.rule.settings}
        services.create(self.organization, now=clock.now(), **settings)
        self.shop.owners[name] = one
        return name

    def _change(self, row: Trigger, one: Owner) -> None:
        other = rule(self.chance)
        new = (
            other if self.chance.random() < 0.5 else replace(one.rule, rate=other.rate, is_even=other.is_even)
        )
        services.change(row, now=clock.now(), **new.settings)
        self.shop.change(row.name, new)

    def die(self) -> None:
        """Claim what there is, and never come back, or late."""
        if held := queue.claim("triggers", limit=self.chance.randint(1, 10)):
            self.late.append(held)
        releasing._claim(now=clock.now())
        self.wait()

    def come_late(self) -> None:
        if not self.late:
            return
        held = self.late.pop()
        still = {(row.event_id, row.attempts) for row in Dispatch.objects.all()}
        is_lost = not {(one.event_id, one.attempts) for one in held} <= still
        with pytest.raises(LostDispatch) if is_lost else nullcontext(), transaction.atomic():
            dispatching._hand_on(held)
        if not is_lost:
            self.shop.deal_with([one.event_id for one in held])

    def roll_back(self) -> None:
        """Do everything, and die before the commit."""
        point = transaction.savepoint()
        dispatching.drain()
        releasing.release_due(now=clock.now())
        transaction.savepoint_rollback(point)

    def edit_after_look(self) -> None:
        held = queue.claim("triggers", limit=50)
        ids = [one.event_id for one in held]
        looked = dispatching._look(ids)
        seen = self.shop.wanting(ids)
        edited = self.edit()
        is_refused = edited in seen
        with pytest.raises(TriggerChanged) if is_refused else nullcontext(), transaction.atomic():
            dispatching._act(held, looked)
        if is_refused:
            dispatching._hand_on(held)
        if held:
            self.shop.deal_with(ids, names=None if is_refused else seen)

    def edit_after_claim(self) -> None:
        claimed = releasing._claim(now=clock.now())
        self.edit()
        for one in claimed:
            releasing._settle(one, now=clock.now())
        self.release()

    def add_after_claim(self) -> None:
        """Let events come while somebody is about to release."""
        if any(one.rule.rate or one.rule.overlap == "skip" for one in self.shop.owners.values()):
            return  # who of two comes first decides who is left out
        claimed = releasing._claim(now=clock.now())
        self.send()
        ids = self._available()
        dispatching.drain()
        for one in claimed:
            releasing._settle(one, now=clock.now())
        self.shop.deal_with(ids)
        self.release()

    def settle(self) -> None:
        """Let time pass until nothing is left."""
        for _ in range(3):
            self.shop.at += 120 * MINUTE
            self.shift(self.shop.at)
            self.drain()
            self.release()

    def check(self) -> None:
        assert not Dispatch.objects.exists()
        assert not Gathering.objects.exists()
        for name, one in self.shop.owners.items():
            row = Trigger.objects.get(name=name)
            assert (row.state == TriggerState.ACTIVE) == one.is_active
            self._check(row, one)

    def _check(self, row: Trigger, one: Owner) -> None:
        by_external = dict(enumerate(self.shop.events))
        starts = [_ids(execution, by_external) for execution in Execution.objects.filter(trigger_id=row.pk)]
        assert Counter(starts) == Counter(one.starts)
        skips = Skip.objects.filter(trigger=row).values_list("reason").annotate(Sum("count"))
        assert dict(skips) == {reason: count for reason, count in one.skips.items() if count}
        tally = Tally.objects.get(pk=row.pk)
        assert (tally.matched, tally.started) == (one.matched, len(one.starts))
        assert tally.skipped == one.skips.total()
        assert one.matched == sum(map(len, one.starts)) + one.skips.total()


def _ids(execution: Execution, by_external: dict[int, int]) -> tuple[int, ...]:
    """Return the events that an execution is for."""
    if "events" not in execution.input:
        return (execution.event_id or 0,)
    return tuple(by_external[int(event["id"])] for event in execution.input["events"])


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_every_event_that_is_wanted_is_accounted_for_once(
    seed: int, organization: Organization, make_workflow: MakeWorkflow, shift_clock: Any, drain: Any
) -> None:
    world = World(random.Random(seed), organization, make_workflow(), shift_clock, drain)
    for _ in range(4):
        world.create()

    for _ in range(TURNS):
        world.turn()
    world.settle()

    world.check()
