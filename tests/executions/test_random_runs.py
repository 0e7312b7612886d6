"""Random workflows, run in random order to their end."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from executions.rules.graph import BROKEN, FAILED, OPEN, PASSED
from tests.executions.simulation import OUTCOMES, Simulation
from workflows.definition import OUTPUT, load_definition

NOTHING = {"kind": "set", "values": {}}


@st.composite
def graphs(draw, prefix, smallest, largest):
    """Draw steps that need some of those before them, in any order."""
    names = [f"{prefix}{index}" for index in range(draw(st.integers(smallest, largest)))]
    steps: list[dict[str, Any]] = [{"id": name, **NOTHING} for name in names]
    for index, step in enumerate(steps[1:], 1):
        step["needs"] = draw(st.lists(st.sampled_from(names[:index]), unique=True, max_size=4))
    for step in steps:
        if draw(st.integers(0, 3)) == 0:
            step["for_each"] = [0] * draw(st.integers(0, 4))
            step["max_parallel"] = draw(st.sampled_from([None, 1, 2]))
            step["fail_when"] = draw(st.sampled_from(["first_item", "any_item", "every_item", "never"]))
    return draw(st.permutations(steps))


@st.composite
def workflows(draw):
    steps = draw(graphs("s", 1, 8))
    for step in steps:
        step["compensate"] = draw(st.sampled_from([None, NOTHING]))
    hooks = {"on_failure": draw(graphs("f", 0, 3)), "always": draw(graphs("z", 0, 3))}
    return load_definition({"steps": steps, "output": draw(st.sampled_from([None, 1])), **hooks})


SEEDS = st.integers(0, 2**32)
MOSTLY = ("completed",) * 20 + OUTCOMES  # so that runs get far
REQUESTS = ("cancelled", "timed_out")


@settings(max_examples=300)
@given(workflows(), SEEDS, st.sampled_from([MOSTLY, OUTCOMES]), st.sampled_from([(), REQUESTS]))
def test_every_execution_ends_as_it_should_whatever_happens(definition, seed, outcomes, requests):
    run = Simulation(definition, random.Random(seed), outcomes).to_the_end(requests=requests)

    assert not OPEN & set(run.states.values())
    assert len(run.history) == len(set(run.history))
    expected = expected_result(run)
    tells = expected in {"failed", "timed_out"} or not definition.on_failure
    assert undone(run) == ([] if expected == "completed" else to_undo(run))
    assert has_begun(run, definition.on_failure) == tells
    assert has_begun(run, definition.always)
    always_broke = any(run.states.get(step.id) in BROKEN for step in definition.always)
    assert run.end == ("failed" if expected == "completed" and always_broke else expected)


@settings(max_examples=200)
@given(workflows(), SEEDS, st.sampled_from([MOSTLY, OUTCOMES]))
def test_a_cancel_that_nobody_refused_in_time_does_not_start_or_undo_more(definition, seed, outcomes):
    run = Simulation(definition, random.Random(seed), outcomes, is_guarded=False).to_the_end(
        requests=["cancelled"]
    )

    assert len(run.history) == len(set(run.history))
    assert undone(run) in ([], to_undo(run))
    assert has_begun(run, definition.always)
    if has_begun(run, definition.on_failure) and definition.on_failure:
        assert run.end == "failed"


def expected_result(run):
    """Return how the body says that the execution ends; from what happened, in the order in which it did."""
    body = {run.states.get(step.id) for step in run.definition.steps}
    if run.definition.output is not None:
        body.add(run.states.get(OUTPUT))
    tells = run.ending == "timed_out" and run.definition.on_failure
    is_too_late = run.definition.always and not to_undo(run) and not tells
    if body <= PASSED and (run.ending is None or is_too_late):
        return "completed"
    return run.ending or ("failed" if body & FAILED else "cancelled")


def to_undo(run):
    can = [step for step in run.finished if run.definition.step(step).compensate is not None]
    return [f"{step}.compensate" for step in reversed(can)]


def undone(run):
    return [step for step in run.history if step.endswith(".compensate")]


def has_begun(run, steps):
    """Return whether any of them has begun; True where there are none to begin."""
    return not steps or any(step.id in run.states for step in steps)


class Peaceful(Simulation):
    """Every step completes, but for those whose condition is false."""

    false: frozenset[str] = frozenset()

    def outcome(self, step, index):
        return "skipped" if step in self.false else "completed"


@given(workflows(), st.integers(), st.integers(), st.data())
def test_the_final_states_do_not_depend_on_the_order_of_completions(definition, first, second, data):
    runs = [Peaceful(definition, random.Random(seed)) for seed in (first, second)]
    runs[0].false = runs[1].false = frozenset(
        step.id for step in definition.steps if data.draw(st.booleans())
    )

    for run in runs:
        run.to_the_end()

    assert runs[0].states == runs[1].states
    assert runs[0].end == runs[1].end == "completed"
    assert all(step.id in runs[0].states for step in definition.steps)
