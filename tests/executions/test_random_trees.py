"""Random families of executions: whatever is asked of them, and whoever dies, all of them end, and nothing leaks."""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

import clock
from executions import dead_letters, engine, queries, services, sweeps
from executions.advancing import planned
from executions.engine import finishing
from executions.errors import AlreadyRedriven, IllegalMove, LostLease
from executions.models import Execution, Place, Source, StepRun
from executions.queries import Claim, Slot
from executions.queues import services as queues
from executions.rules import verdicts
from executions.rules.outcomes import Completed, Expanded, Failed, Lost, Outcome, Released, Waiting
from executions.running import attempts
from executions.services import Start
from executions.states import EXECUTION_FINAL, STEP_FINAL
from executions.steps import workflow
from executions.waiting import children
from organizations.models import Organization
from workflows import services as workflow_services
from workflows.definition import WorkflowStep
from workflows.services import definition_of

pytestmark = pytest.mark.django_db(transaction=True)

MOST_TURNS = 4_000
SOON = timedelta(seconds=1)
RETRY = {"max_attempts": 2, "initial": "0s", "jitter": "none"}
TASK = {"kind": "task", "task": "tests.elsewhere", "external": True}  # nobody runs it: outcomes are drawn
KINDS: list[dict[str, Any]] = [
    TASK,
    {"kind": "set", "values": {}},
    {"kind": "approval", "message": "?"},
    {"kind": "workflow", "workflow": "child"},
]


def family(chance: random.Random, organization: Organization) -> Execution:
    """Start a random workflow whose steps may start another one."""
    workflow_services.create(organization, name="child", definition=definition(chance, KINDS[:3], most=2))
    whole = definition(chance, KINDS, most=5)
    made = workflow_services.create(organization, name="parent", definition=whole)
    started = services.start(Start(workflow=made, source=Source.MANUAL), now=clock.now())
    return Execution.objects.get(pk=started.id)


def definition(chance: random.Random, kinds: list[dict[str, Any]], *, most: int) -> dict[str, Any]:
    """Return a random workflow of these kinds of steps, with all sections."""
    sections = {"steps": ("s", chance.randint(1, most)), "on_failure": ("f", 1), "always": ("z", 1)}
    whole: dict[str, Any] = {
        name: [_step(chance, kinds, letter, n) for n in range(count)]
        for name, (letter, count) in sections.items()
        if name == "steps" or chance.random() < 0.5
    }
    for step in whole["steps"]:
        if chance.random() < 0.3:
            step["compensate"] = (
                kinds[0] if chance.random() < 0.7 else kinds[-1] if len(kinds) > 3 else kinds[0]
            )
    return whole | {"timeout": "1h", "limits": [{"running": chance.randint(1, 3)}]}


def _step(chance: random.Random, kinds: list[dict[str, Any]], letter: str, number: int) -> dict[str, Any]:
    needs = [f"{letter}{n}" for n in range(number) if chance.random() < 0.4]
    step = {"id": f"{letter}{number}", "needs": needs, **chance.choice(kinds)}
    if chance.random() < 0.4:
        step |= {"for_each": list(range(chance.randint(0, 4)))}
        step["fail_when"] = chance.choice(["first_item", "any_item", "every_item", "never"])
        step |= {"max_parallel": chance.randint(1, 3)} if chance.random() < 0.5 else {}
    step |= {"retry": RETRY} if chance.random() < 0.4 else {}
    return step | ({"delivery": "at_most_once"} if chance.random() < 0.2 else {})


@dataclass
class Life:
    """Three workers, people and sweeps, in an order that chance decides.

    Attributes:
        interrupted: step runs that are to have their effect once, and may have had it.
    """

    root: Execution
    chance: random.Random
    slots: list[Slot] = field(default_factory=list)
    held: list[Claim] = field(default_factory=list)
    stale: list[tuple[Claim, Outcome]] = field(default_factory=list)
    interrupted: set[UUID] = field(default_factory=set)

    def to_the_end(self) -> None:
        self.slots = [Slot("default", worker=f"w{n}", lease=timedelta(hours=1)) for n in range(3)]
        requests = list(self._requests())
        for _ in range(MOST_TURNS):
            if requests and self.chance.random() < 0.1:
                requests.pop(self.chance.randrange(len(requests)))()
            if not (self._turn() or self._repair() or requests):
                return
            self._check_items()
        raise AssertionError("it does not end")

    def _requests(self) -> Iterator[Any]:
        for act, likelihood in ((self._cancel, 0.4), (self._terminate, 0.1), (self._time_out, 0.3)):
            if self.chance.random() < likelihood:
                yield act
        yield from (self._move, self._redrive, self._redrive)

    def _turn(self) -> bool:
        """Do one thing, and return whether anything could be done."""
        queries.release_due(100)
        if self.stale and self.chance.random() < 0.2:
            self._refuse(*self.chance.choice(self.stale))
        acts = [self._finish, self._claim, self._settle]
        self.chance.shuffle(acts)
        return any(act() for act in acts)

    def _repair(self) -> bool:
        """Let the sweeps run, and return whether there is anything to do afterwards."""
        now = clock.now()
        children.tell_parents_left(now=now)
        children.cancel_children_left(now=now)
        sweeps.admit_waiting(now=now)
        queries.release_due(100)
        return StepRun.objects.filter(state="ready").exists() or self._asked().exists()

    def _claim(self) -> bool:
        if len(self.held) == len(self.slots):
            return False
        claimed = queries.claim(self.chance.choice(self.slots))
        if claimed is None:
            return False
        plan = planned(claimed.execution_id, definition_of(claimed.version_id), ends_as=claimed.ends_as)
        assert not plan.is_stopping, "it was begun after its section had broken"
        self._hold(claimed)
        return True

    def _hold(self, claimed: Claim) -> None:
        assert claimed.id not in self.interrupted, "it may have its effect once"
        self.held.append(claimed)

    def _finish(self) -> bool:
        if not self.held:
            return False
        one = self.held.pop(self.chance.randrange(len(self.held)))
        ends = self._outcome(one)
        free = self.chance.random() < 0.7 and len(self.held) < len(self.slots)
        try:
            following = engine.finish(
                one, ends, now=clock.now(), slot=self.chance.choice(self.slots) if free else None
            )
        except LostLease:  # ended from elsewhere: an answer, the end of a child, a terminate
            return True
        if following is not None:
            self._hold(following)
        self._note(one, ends)
        return True

    def _note(self, one: Claim, ends: Outcome) -> None:
        self.stale.append((one, ends))
        step = definition_of(one.version_id).step(one.step)
        acts = step.kind == "task" and (one.is_item or step.for_each is None)
        is_cut = isinstance(ends, Lost) or getattr(ends, "was_interrupted", False)
        if acts and is_cut and step.delivery == "at_most_once":
            self.interrupted.add(one.id)

    def _outcome(self, held: Claim) -> Outcome:
        step = definition_of(held.version_id).step(held.step)
        dice = self.chance.random()
        if dice < 0.20:
            is_cut = self.chance.random() < 0.4
            broken: list[Outcome] = [Lost(), Released(was_interrupted=is_cut)]
            return (
                broken[dice < 0.1]
                if dice < 0.15
                else Failed(error="no", error_class="X", was_interrupted=is_cut)
            )
        if step.for_each is not None and not held.is_item:
            return Expanded(step.for_each)
        if isinstance(step, WorkflowStep):
            call = attempts._call(held, step)
            assert call is not None
            ends = workflow.run(step, call)
            return ends if self.chance.random() < 0.9 else Lost()
        if step.kind == "approval" and held.resume_at is None:
            return Waiting(None, waits_for="approval")
        return Waiting(clock.now() - SOON) if dice < 0.25 else Completed(held.item_index)

    def _asked(self) -> Any:
        return StepRun.objects.filter(state="waiting", waits_for="approval")

    def _settle(self) -> bool:
        asked = list(self._asked().order_by("pk"))
        if not asked:
            return False
        answers: list[Outcome] = [Completed(1), Completed(1), Failed(error="no", error_class="X")]
        row = self.chance.choice(asked)
        return engine.settle_waiting(
            row.pk, self.chance.choice(answers), attempt=row.attempt, now=clock.now()
        )

    def _refuse(self, claimed: Claim, ends: Outcome) -> None:
        with pytest.raises(LostLease):
            engine.finish(claimed, ends, now=clock.now())

    def _some(self) -> Execution:
        return self.chance.choice(list(Execution.objects.order_by("pk")))

    def _cancel(self) -> None:
        self._ask(partial(services.cancel, by="ada"))

    def _terminate(self) -> None:
        self._ask(partial(services.terminate, by="ada"))

    def _move(self) -> None:
        self._ask(partial(queues.move, by="ada", priority=self.chance.randint(0, 9)))

    def _ask(self, act: Any) -> None:
        with suppress(IllegalMove):
            act(self._some(), now=clock.now())

    def _redrive(self) -> None:
        chosen, from_failed = self._some(), self.chance.random() < 0.7
        with suppress(IllegalMove, AlreadyRedriven):
            dead_letters.redrive(chosen, by="ada", now=clock.now(), from_failed=from_failed)

    def _time_out(self) -> None:
        Execution.objects.filter(pk=self._some().pk, state="running").update(deadline_at=clock.now() - SOON)
        sweeps.time_out(now=clock.now())

    def _check_items(self) -> None:
        opened = StepRun.objects.filter(item_index__gte=0, state__in=["ready", "waiting", "running"])
        by_step: dict[tuple[UUID, str], int] = {}
        for row in opened.exclude(waits_for="turn"):
            key = (row.execution_id, row.step)
            by_step[key] = by_step.get(key, 0) + 1
        for (execution_id, step_id), count in by_step.items():
            step = definition_of(Execution.objects.get(pk=execution_id).version_id).step(step_id)
            assert count <= (step.max_parallel or count)


def check() -> None:
    """Hold everything that was started against what must be true in the end."""
    assert {row.state for row in Execution.objects.all()} <= EXECUTION_FINAL
    assert {row.state for row in StepRun.objects.all()} <= STEP_FINAL
    assert not Place.objects.filter(released_at__isnull=True).exists()
    assert not StepRun.objects.filter(item_index=-1, items_left__gt=0).exclude(state="cancelled").exists()


@pytest.mark.parametrize("seed", range(60))
def test_a_random_family_ends_and_leaks_nothing(
    seed: int, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(verdicts, "CRASH_DELAY", timedelta(0))
    after = finishing._after  # what a process that dies after its commit does not do
    monkeypatch.setattr(finishing, "_after", lambda *a, **k: chance.random() < 0.3 or after(*a, **k))

    Life(family(chance, organization), chance).to_the_end()

    check()
