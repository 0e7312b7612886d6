"""The engine's question, on fixed workflows and in every reachable state of small ones."""

from itertools import product
from typing import Any

import pytest

from executions.errors import UnknownStep
from executions.rules.graph import OPEN, Plan, plan
from workflows.definition import OUTPUT, Section, load_definition

NOTHING = {"kind": "set", "values": {}}


def workflow(*, undo="", failure=None, always=None, output=None, **needs):
    """Return a workflow whose steps have letters as ids: `b="a"` is a step b that needs a."""
    sections = {"steps": needs, "on_failure": failure or {}, "always": always or {}}
    data = {
        section: [{"id": name, **NOTHING, "needs": list(those)} for name, those in steps.items()]
        for section, steps in sections.items()
    }
    for step in data["steps"]:
        step["compensate"] = NOTHING if step["id"] in undo else None
    return load_definition({**data, "output": output})


DIAMOND = workflow(a="", b="a", c="a", d="bc")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({}, Plan(start=("a",))),
        ({"a": "running"}, Plan()),
        ({"a": "waiting"}, Plan()),
        ({"a": "completed"}, Plan(start=("b", "c"))),
        ({"a": "completed", "b": "completed", "c": "running"}, Plan()),
        ({"a": "completed", "b": "completed", "c": "completed"}, Plan(start=("d",))),
        ({"a": "skipped"}, Plan(skip=("b", "c", "d"), end="completed", result="completed")),
        ({"a": "completed", "b": "skipped", "c": "waiting"}, Plan()),
        (
            {"a": "completed", "b": "skipped", "c": "completed"},
            Plan(skip=("d",), end="completed", result="completed"),
        ),
        ({"a": "completed", "b": "failed", "c": "running"}, Plan(is_stopping=True)),
        ({"a": "completed", "b": "failed", "c": "ready"}, Plan(cancel=("c",), is_stopping=True)),
        ({"a": "completed", "b": "failed", "c": "waiting"}, Plan(cancel=("c",), is_stopping=True)),
        ({"a": "completed", "b": "failed", "c": "cancelled"}, Plan(end="failed", result="failed")),
        ({"a": "completed", "b": "failed", "c": "completed"}, Plan(end="failed", result="failed")),
        ({"a": "timed_out"}, Plan(end="failed", result="failed")),
        ({"a": "ambiguous"}, Plan(end="failed", result="failed")),
        ({"a": "cancelled"}, Plan(end="cancelled", result="cancelled")),
        (dict.fromkeys("abcd", "completed"), Plan(end="completed", result="completed")),
    ],
)
def test_a_diamond_goes_on_as_its_states_say(states, expected):
    assert plan(DIAMOND, states) == expected


@pytest.mark.parametrize(
    ("states", "ending", "expected"),
    [
        ({}, "cancelled", Plan(end="cancelled", result="cancelled")),
        ({"a": "ready"}, "cancelled", Plan(cancel=("a",), is_stopping=True)),
        ({"a": "running"}, "timed_out", Plan(is_stopping=True)),
        ({"a": "completed"}, "timed_out", Plan(end="timed_out", result="timed_out")),
        ({"a": "completed", "b": "failed"}, "cancelled", Plan(end="cancelled", result="cancelled")),
        ({"a": "completed", "b": "failed"}, "timed_out", Plan(end="timed_out", result="timed_out")),
        (dict.fromkeys("abcd", "completed"), "cancelled", Plan(end="cancelled", result="cancelled")),
    ],
)
def test_what_was_asked_for_is_how_it_ends(states, ending, expected):
    assert plan(DIAMOND, states, ending=ending) == expected


FULL = workflow(a="", b="", undo="ab", output={"x": 1}, failure={"f": "", "g": "f"}, always={"z": ""})
DONE = {"a": "completed", "b": "completed"}
UNDONE = DONE | {OUTPUT: "failed", "b.compensate": "failed", "a.compensate": "completed"}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (DONE, Plan(start=(OUTPUT,))),
        (DONE | {OUTPUT: "ready"}, Plan()),
        (DONE | {OUTPUT: "completed"}, Plan(start=("z",), result="completed")),
        (DONE | {OUTPUT: "completed", "z": "completed"}, Plan(end="completed", result="completed")),
        (DONE | {OUTPUT: "completed", "z": "failed"}, Plan(end="failed", result="failed")),
        ({"a": "completed", "b": "failed"}, Plan(start=("b.compensate",), result="failed")),
        (DONE | {OUTPUT: "failed"}, Plan(start=("b.compensate",), result="failed")),
        (DONE | {OUTPUT: "failed", "b.compensate": "waiting"}, Plan(result="failed")),
        (DONE | {OUTPUT: "failed", "b.compensate": "failed"}, Plan(start=("a.compensate",), result="failed")),
        (UNDONE, Plan(start=("f",), result="failed")),
        (UNDONE | {"f": "failed"}, Plan(start=("z",), result="failed")),
        (UNDONE | {"f": "skipped"}, Plan(skip=("g",), start=("z",), result="failed")),
        (UNDONE | {"f": "completed", "g": "running"}, Plan(result="failed")),
        (UNDONE | {"f": "failed", "z": "failed"}, Plan(end="failed", result="failed")),
    ],
)
def test_sections_follow_one_another(states, expected):
    assert plan(FULL, states, finished=["a", "b"]) == expected


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (DONE, Plan(start=("b.compensate",), result="cancelled")),
        (DONE | {OUTPUT: "waiting"}, Plan(cancel=(OUTPUT,), is_stopping=True)),
        (DONE | {OUTPUT: "completed"}, Plan(start=("b.compensate",), result="cancelled")),
        (UNDONE, Plan(start=("z",), result="cancelled")),
        (UNDONE | {"z": "running"}, Plan(result="cancelled")),
    ],
)
def test_a_cancelled_execution_is_undone_and_cleaned_up_and_tells_nobody(states, expected):
    assert plan(FULL, states, finished=["a", "b"], ending="cancelled") == expected


@pytest.mark.parametrize("ending", ["cancelled", "timed_out"])
def test_an_end_that_is_asked_for_while_always_runs_after_success_is_ignored(ending):
    states = DONE | {OUTPUT: "completed", "z": "ready"}

    assert plan(FULL, states, finished=["a", "b"], ending=ending) == Plan(result="completed")


def test_a_cancel_that_is_asked_for_while_on_failure_runs_is_ignored():
    decided = plan(FULL, UNDONE | {"f": "ready"}, finished=["a", "b"], ending="cancelled")

    assert decided == Plan(result="failed")


def test_an_end_that_nothing_follows_from_but_always_leaves_all_that_passed_completed():
    cleaned = workflow(a="", always={"z": ""})

    before = plan(cleaned, {"a": "completed"}, ending="cancelled")
    after = plan(cleaned, {"a": "completed", "z": "running"}, ending="cancelled")

    assert (before, after) == (Plan(start=("z",), result="completed"), Plan(result="completed"))


def test_what_passed_and_yet_timed_out_is_told_to_on_failure():
    telling = workflow(a="", failure={"f": ""}, always={"z": ""})

    decided = plan(telling, {"a": "completed"}, ending="timed_out")

    assert decided == Plan(start=("f",), result="timed_out")


def test_nothing_that_comes_before_always_begins_once_always_has_begun():
    telling = workflow(a="", failure={"f": ""}, always={"z": ""})

    decided = plan(telling, {"a": "cancelled", "z": "running"}, ending="timed_out")

    assert decided == Plan(result="timed_out")


def test_only_what_has_finished_and_can_be_undone_is_undone():
    some = workflow(a="", b="", c="", undo="ac")

    decided = plan(some, {"a": "completed", "b": "completed", "c": "failed"}, finished=["a", "b"])

    assert decided == Plan(start=("a.compensate",), result="failed")


@pytest.mark.parametrize(
    ("states", "finished"),
    [
        ({"q": "ready"}, ()),
        ({OUTPUT: "ready"}, ()),
        ({"a.compensate": "ready"}, ()),
        ({}, ["q"]),
        ({}, ["z"]),
    ],
)
def test_a_step_of_no_such_workflow_is_a_bug_of_the_caller(states, finished):
    with pytest.raises(UnknownStep):
        plan(workflow(a="", always={"z": ""}), states, finished=finished)


SMALL = [
    workflow(**body, **hooks)
    for edges in product(["", "a"], ["", "a", "b", "ab"])
    for body in [dict(zip("abc", ("", *edges), strict=True))]
    for hooks in [{}, {"output": 1}]
] + [
    workflow(a="", b=needs, undo=undo, failure=failure, always=always, output=output)
    for needs, undo, output in product(["", "a"], ["", "ab"], [None, 1])
    for failure, always in product([{}, {"f": ""}], [{}, {"z": ""}, {"y": "", "z": "y"}])
]


@pytest.mark.parametrize("definition", SMALL)
def test_every_reachable_state_of_a_small_workflow_goes_on_until_it_ends(definition):
    reached = {}
    ahead: list[Any] = [({}, (), None)]
    while ahead:
        states, finished, ending = ahead.pop()
        states, end = settled(definition, states, finished, ending)
        key = (frozenset(states.items()), finished, ending)
        if key not in reached:
            reached[key] = end
            assert (end is None) == (not OPEN.isdisjoint(states.values()))
            ahead += successors(definition, *key) if end is None else ()

    assert {"completed", "failed", "timed_out", "cancelled"} == set(reached.values()) - {None}


def settled(definition, states, finished, ending):
    """Apply plans until nothing follows."""
    first = decided = plan(definition, states, finished=finished, ending=ending)
    states = apply(states, decided)
    if first.cancel:
        decided = plan(definition, states, finished=finished, ending=ending)
        states = apply(states, decided)
    again = plan(definition, states, finished=finished, ending=ending)
    assert again == Plan(end=decided.end, result=decided.result, is_stopping=decided.is_stopping)
    return states, decided.end


def apply(states, decided):
    assert not states.keys() & {*decided.start, *decided.skip}
    return (
        states
        | dict.fromkeys(decided.skip, "skipped")
        | dict.fromkeys(decided.start, "ready")
        | dict.fromkeys(decided.cancel, "cancelled")
    )


def successors(definition, states, finished, ending):
    states = dict(states)
    for step, state in states.items():
        for after in {"ready": ["running"], "running": ["completed", "skipped", "failed", "cancelled"]}.get(
            state, ()
        ):
            done = after == "completed" and definition.section_of(step) is Section.MAIN
            yield states | {step: after}, (*finished, step) if done else finished, ending
    if ending is None:
        yield states, finished, "cancelled"
        yield states, finished, "timed_out"
