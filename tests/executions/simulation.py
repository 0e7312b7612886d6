"""An engine in miniature: it applies plans in memory, in an order that chance decides, and checks each of them."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from executions.rules.graph import BROKEN, FAILED, OPEN, PASSED, Plan, plan
from executions.rules.items import Items, Next, follow
from workflows.definition import Definition, Section

OUTCOMES = ("completed", "skipped", "failed", "timed_out", "ambiguous", "cancelled", "waiting")
ORDER = [Section.MAIN, Section.OUTPUT, Section.COMPENSATE, Section.ON_FAILURE, Section.ALWAYS]
MAX_WAITS = 9  # retries and waits of one execution: each of them ends some time


@dataclass
class Simulation:
    """One execution.

    Attributes:
        is_guarded: whether a request to end is refused once the result is known.
        items: the states of the items of expanded `for_each` steps; `turn` for those whose turn has not come.
        history: what began, and when an end was asked for, in order.
    """

    definition: Definition
    chance: random.Random
    outcomes: Sequence[str] = OUTCOMES
    is_guarded: bool = True

    states: dict[str, str] = field(default_factory=dict)
    items: dict[str, list[str]] = field(default_factory=dict)
    finished: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    ending: Any = None
    result: str | None = None
    end: str | None = None
    waits: int = 0

    def to_the_end(self, *, requests: Sequence[str] = (), likelihood: float = 0.1) -> "Simulation":
        """Run until the execution has ended; somebody may ask for an end at any time."""
        self.advance()
        while self.end is None:
            if requests and self.chance.random() < likelihood:
                self.request(self.chance.choice(requests))
            else:
                self.move_one()
            self.advance()
        return self

    def request(self, ending: str) -> None:
        if self.ending is None and not (self.is_guarded and self.result):
            self.ending = ending
            self.history.append("asked")

    def move_one(self) -> None:
        able = list(self.movable())
        assert able, "nothing can move, and the execution has not ended"
        step, index = self.chance.choice(able)
        state = self.states[step] if index is None else self.items[step][index]
        after = {"ready": "running", "waiting": self.chance.choice(["ready", "completed"])}
        self.write(step, index, after.get(state) or self.outcome(step, index))

    def movable(self) -> Iterator[tuple[str, int | None]]:
        for step, state in self.states.items():
            if step not in self.items and state in OPEN:
                yield step, None
        for step, items in self.items.items():
            yield from ((step, index) for index, state in enumerate(items) if state in OPEN)

    def outcome(self, step: str, index: int | None) -> str:
        values = self.definition.step(step).for_each
        if index is None and isinstance(values, list) and self.chance.random() < 0.9:
            self.items[step] = ["turn"] * len(values)
            return "waiting"
        outcome = self.chance.choice(self.outcomes)
        self.waits += outcome == "waiting"
        is_wrong = (
            self.waits > MAX_WAITS if outcome == "waiting" else outcome == "skipped" and index is not None
        )
        return "completed" if is_wrong else outcome

    def write(self, step: str, index: int | None, state: str) -> None:
        if index is not None:
            self.items[step][index] = state
            return
        self.states[step] = state
        done = state == "completed" or "completed" in self.items.get(step, ())
        if done and state not in OPEN and self.definition.section_of(step) is Section.MAIN:
            self.finished.append(step)

    def advance(self) -> None:
        """Do all that follows now, as the transaction of a finish would."""
        for _ in range(4):
            decided = self.ask()
            self.apply(decided)
            has_ended = [self.follow_items(step, decided) for step in self.items]
            if not decided.cancel and not any(has_ended):
                return self.check_rest(decided)
        raise AssertionError("plans go round in circles")

    def ask(self) -> Plan:
        decided = self.plan()
        assert decided == self.plan(), "the order of the states matters"
        self.check(decided)
        return decided

    def plan(self) -> Plan:
        seen = {
            step: "running" if "running" in self.items.get(step, ()) else state
            for step, state in self.chance.sample(list(self.states.items()), len(self.states))
        }
        return plan(self.definition, seen, finished=self.finished, ending=self.ending)

    def check(self, decided: Plan) -> None:
        assert not (decided.start and (decided.end or decided.cancel))
        after = {**self.states, **dict.fromkeys(decided.skip, "skipped")}
        for step in decided.skip:
            needs = {after.get(need) for need in self.definition.step(step).needs}
            assert "skipped" in needs
            assert needs <= PASSED
        for step in decided.start:
            assert {after.get(need) for need in self.definition.step(step).needs} <= {"completed"}
            self.check_turn(step)
        assert not self.states.keys() & {*decided.start, *decided.skip}
        if self.is_guarded and self.result and decided.result != self.result:
            always = {self.states.get(step.id) for step in self.definition.always}
            assert always & BROKEN
            assert (self.result, decided.result) == ("completed", "failed")

    def check_turn(self, step: str) -> None:
        """Check that everything of the sections before this step's has ended, and nothing later has begun."""
        mine = ORDER.index(self.definition.section_of(step))
        if ORDER[mine] in {Section.MAIN, Section.OUTPUT}:
            assert self.ending is None
            assert not self.broken(self.definition.steps)
        for other, state in self.states.items():
            place = ORDER.index(self.definition.section_of(other))
            is_beside = place == mine and ORDER[mine] != Section.COMPENSATE
            assert is_beside or (place <= mine and state not in OPEN)

    def apply(self, decided: Plan) -> None:
        self.states |= dict.fromkeys(decided.skip, "skipped") | dict.fromkeys(decided.start, "ready")
        self.history += decided.start
        self.result, self.end = decided.result, decided.end
        for step in decided.cancel:
            if self.states[step] == "ready" and self.chance.random() < 0.2:
                self.states[step] = "running"  # a worker was faster
            else:
                self.cancel_items(step)
                self.write(step, None, "cancelled")

    def cancel_items(self, step: str) -> None:
        for index, state in enumerate(self.items.get(step, ())):
            if state in {"turn", "ready", "waiting"}:
                self.items[step][index] = "cancelled"

    def follow_items(self, step: str, decided: Plan) -> bool:
        """Do what follows for a `for_each` step, and return whether it has ended so."""
        if self.states[step] not in OPEN:
            return False
        following = self.next_items(step, decided)
        if following.cancel:
            self.cancel_items(step)
            following = self.next_items(step, decided)
        for _ in range(following.begin):
            self.items[step][self.items[step].index("turn")] = "ready"
        if following.outcome:
            self.write(step, None, following.outcome)
        return bool(following.outcome)

    def next_items(self, step: str, decided: Plan) -> Next:
        settings = self.definition.step(step)
        count = Counter(self.items[step])
        items = Items(
            total=count.total(),
            begun=count.total() - count["turn"],
            completed=count["completed"],
            failed=sum(count[state] for state in FAILED),
            cancelled=count["cancelled"],
        )
        return follow(
            items,
            max_parallel=settings.max_parallel,
            fail_when=settings.fail_when,
            is_stopping=decided.is_stopping,
        )

    def check_rest(self, decided: Plan) -> None:
        """Check that all was done that had to be, and that a second finish finds nothing to do."""
        assert self.plan() == Plan(end=decided.end, result=decided.result, is_stopping=decided.is_stopping)
        body_stops = self.ending or self.broken(self.definition.steps)
        for steps in ([] if body_stops else self.definition.steps, *self.begun_hooks()):
            for step in steps:
                needs = {self.states.get(need) for need in step.needs}
                assert step.id in self.states or needs & {None, *OPEN}, "a step that could go on was left"
        for step, items in self.items.items():
            count = Counter(items)
            most = self.definition.step(step).max_parallel or len(items)
            assert sum(count[state] for state in OPEN) <= most

    def begun_hooks(self) -> Iterator[Sequence[Any]]:
        for hooks in (self.definition.on_failure, self.definition.always):
            if any(step.id in self.states for step in hooks) and not self.broken(hooks):
                yield hooks

    def broken(self, steps: Sequence[Any]) -> bool:
        return any(self.states.get(step.id) in BROKEN for step in steps)
