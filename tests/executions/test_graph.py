"""The engine's question, on fixed and on random graphs."""

import random
from collections import Counter
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executions.errors import UnknownStep
from executions.graph import BROKEN, Plan, plan
from workflows.definition import load_definition


def graph(**needs):
    steps = [{"id": step, "kind": "set", "values": {}, "needs": list(its)} for step, its in needs.items()]
    return load_definition({"steps": steps})


DIAMOND = graph(a="", b="a", c="a", d="bc")


@st.composite
def graphs(draw):
    size = draw(st.integers(1, 12))
    names = [f"s{index}" for index in range(size)]
    needs = {
        name: draw(st.lists(st.sampled_from(names[:i]), unique=True)) if i else []
        for i, name in enumerate(names)
    }
    order = draw(st.permutations(names))
    return graph(**{name: needs[name] for name in order})


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({}, Plan(start=("a",))),
        ({"a": "running"}, Plan()),
        ({"a": "completed"}, Plan(start=("b", "c"))),
        ({"a": "completed", "b": "completed", "c": "running"}, Plan()),
        ({"a": "completed", "b": "completed", "c": "completed"}, Plan(start=("d",))),
        ({"a": "skipped"}, Plan(skip=("b", "c", "d"), end="completed")),
        ({"a": "completed", "b": "skipped", "c": "running"}, Plan()),
        ({"a": "completed", "b": "skipped", "c": "completed"}, Plan(skip=("d",), end="completed")),
        ({"a": "completed", "b": "failed", "c": "running"}, Plan()),
        ({"a": "completed", "b": "failed", "c": "ready"}, Plan(cancel=("c",))),
        ({"a": "completed", "b": "failed", "c": "cancelled"}, Plan(end="failed")),
        ({"a": "completed", "b": "failed", "c": "completed"}, Plan(end="failed")),
        ({"a": "timed_out"}, Plan(end="failed")),
        ({"a": "cancelled"}, Plan(end="cancelled")),
        (dict.fromkeys("abcd", "completed"), Plan(end="completed")),
    ],
)
def test_a_diamond_goes_on_as_its_states_say(states, expected):
    assert plan(DIAMOND, states) == expected


def test_a_state_of_no_step_is_a_bug_of_the_caller():
    with pytest.raises(UnknownStep):
        plan(DIAMOND, {"z": "ready"})


class Run:
    """An engine in miniature: applies plans to states, in an order that `chance` decides."""

    def __init__(self, definition, chance, outcomes):
        self.definition, self.chance, self.outcomes = definition, chance, outcomes
        self.states: dict[str, str] = {}
        self.started: Counter[str] = Counter()
        self.end: str | None = None

    def apply(self):
        shuffled = dict(self.chance.sample(list(self.states.items()), len(self.states)))
        assert plan(self.definition, shuffled) == plan(self.definition, self.states)
        decided = plan(self.definition, self.states)
        self.states |= dict.fromkeys(decided.start, "ready") | dict.fromkeys(decided.skip, "skipped")
        self.states |= dict.fromkeys(decided.cancel, "cancelled")
        self.started.update(decided.start)
        self.check(decided)
        self.end = plan(self.definition, self.states).end if decided.cancel else decided.end

    def check(self, decided):
        completed = {step for step, state in self.states.items() if state == "completed"}
        for step in decided.start:
            assert set(self.definition.step(step).needs) <= completed
        assert not (decided.start and decided.end)
        assert not (decided.start and BROKEN & set(self.states.values()))

    def move_one(self):
        able = [step for step, state in self.states.items() if state in {"ready", "running"}]
        assert able, "nothing can move, and the execution has not ended"
        step = self.chance.choice(able)
        final = self.chance.choice(self.outcomes)
        self.states[step] = "running" if self.states[step] == "ready" else final

    def to_the_end(self):
        self.apply()
        while self.end is None:
            self.move_one()
            for _ in range(self.chance.randint(1, 3)):
                self.apply()
        return self


@given(
    graphs(), st.randoms(use_true_random=False), st.sampled_from(["completed", "completed skipped", "all"])
)
def test_every_execution_ends_and_no_step_starts_early_or_twice(definition, chance, kind):
    outcomes = "completed completed skipped failed timed_out cancelled" if kind == "all" else kind

    run = Run(definition, chance, outcomes.split()).to_the_end()

    assert set(run.started.values()) <= {1}
    assert not {"ready", "running"} & set(run.states.values())
    assert plan(definition, run.states) == Plan(end=run.end)
    if kind != "all":
        assert run.end == "completed"
        assert len(run.states) == len(definition.steps)


@given(graphs(), st.integers(), st.integers(), st.data())
def test_the_final_states_do_not_depend_on_the_order_of_completions(definition, first, second, data):
    skipped = {step.id for step in definition.steps if data.draw(st.booleans())}

    ends = []
    for seed in (first, second):
        run = Run(definition, random.Random(seed), ["completed"])
        run.move_one = partial(_move_with_conditions, run, skipped)  # type: ignore[method-assign]
        ends.append(run.to_the_end().states)

    assert ends[0] == ends[1]


def _move_with_conditions(run, skipped):
    step = run.chance.choice([step for step, state in run.states.items() if state in {"ready", "running"}])
    run.states[step] = (
        "skipped" if step in skipped else "running" if run.states[step] == "ready" else "completed"
    )
