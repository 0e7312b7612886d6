"""What a redrive from the failed step keeps, without a database."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from executions.dead_letters.keeping import begun, kept


@dataclass(frozen=True)
class Step:
    id: str
    needs: tuple[str, ...] = ()


LINE = [Step("a"), Step("b", ("a",)), Step("c", ("b",)), Step("d", ("c",))]


def test_what_has_completed_or_was_skipped_is_kept():
    states = {"a": "completed", "b": "skipped", "c": "failed", "d": "cancelled"}

    assert kept(LINE, states) == ["a", "b"]
    assert begun(LINE, states) == ["c"]


def test_what_was_undone_runs_again_and_so_does_what_needs_it():
    states = {
        "a": "completed",
        "b": "completed",
        "c": "completed",
        "d": "failed",
        "b.compensate": "completed",
    }

    assert kept(LINE, states) == ["a"]
    assert begun(LINE, states) == []


def test_a_compensation_that_failed_may_have_undone_something():
    for state in ("failed", "timed_out", "ambiguous"):
        assert kept(LINE, {"a": "completed", "b": "failed", "a.compensate": state}) == []


def test_a_compensation_that_never_ran_undid_nothing():
    for state in ("cancelled", "skipped"):
        assert kept(LINE, {"a": "completed", "b": "failed", "a.compensate": state}) == ["a"]


def test_an_execution_that_never_began_keeps_nothing():
    assert kept(LINE, {}) == begun(LINE, {}) == []


STATES = st.sampled_from(["completed", "skipped", "failed", "cancelled", "timed_out", "ambiguous"])


@st.composite
def runs(draw):
    names = [f"s{number}" for number in range(draw(st.integers(1, 8)))]
    steps = [
        Step(n, tuple(draw(st.sets(st.sampled_from(names[:i]))) if i else ())) for i, n in enumerate(names)
    ]
    states = draw(st.dictionaries(st.sampled_from(names), STATES))
    undone = draw(st.dictionaries(st.sampled_from([f"{name}.compensate" for name in names]), STATES))
    return draw(st.permutations(steps)), states | undone


@given(runs())
def test_what_is_kept_never_rests_on_what_runs_again(run):
    steps, states = run

    found = set(kept(steps, states))

    for step in steps:
        assert step.id not in found or found.issuperset(step.needs)
        assert step.id not in found or states[step.id] in {"completed", "skipped"}
    assert found.isdisjoint(begun(steps, states))
