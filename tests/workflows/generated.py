"""Definitions that Hypothesis makes up: valid, of every kind of step, with graphs in every section."""

from typing import Any

from hypothesis import strategies as st

DURATIONS = st.sampled_from(["1s", "90s", "1h30m", "1500ms", 60, "PT10S"])
WORDS = st.text(max_size=8).filter(lambda text: text.isprintable() and "${{" not in text)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
TEXTS = st.sampled_from(["${{ input.n }}", "n: ${{ input.n }}!", "plain"])
VALUES = st.dictionaries(st.sampled_from("xyz"), PLAIN | TEXTS, max_size=3)

BODIES = st.one_of(
    st.fixed_dictionaries({"kind": st.just("set"), "values": VALUES}),
    st.fixed_dictionaries({"kind": st.just("task"), "task": st.just("a.b"), "kwargs": VALUES}),
    st.fixed_dictionaries(
        {"kind": st.just("remote_task"), "task": st.just("a.b"), "broker_queue": st.just("q")}
    ),
    st.fixed_dictionaries({"kind": st.just("http"), "url": st.just("https://x"), "json": PLAIN | TEXTS}),
    st.fixed_dictionaries({"kind": st.just("workflow"), "workflow": st.just("child"), "input": VALUES}),
)
WAITING = st.one_of(
    st.fixed_dictionaries({"kind": st.just("wait"), "duration": DURATIONS}),
    st.fixed_dictionaries(
        {"kind": st.just("wait"), "event": st.just({"type": "t", "match": "event.id == '1'"})}
    ),
    st.fixed_dictionaries({"kind": st.just("approval"), "message": TEXTS}),
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "retry": st.fixed_dictionaries({}, optional={"max_attempts": st.integers(1, 9), "cap": DURATIONS}),
        "timeout": DURATIONS,
        "priority": st.integers(0, 9),
        "delivery": st.sampled_from(["at_least_once", "at_most_once"]),
        "circuit_breaker": st.sampled_from([None, False]),
    },
)
ITEMS = st.fixed_dictionaries(
    {"for_each": st.lists(PLAIN, max_size=3) | st.just("${{ input.rows }}")},
    optional={
        "max_parallel": st.integers(1, 1000),
        "fail_when": st.sampled_from(["any_item", "never"]),
    },
)


@st.composite
def steps(draw: st.DrawFn, *, prefix: str, undone: bool) -> list[dict[str, Any]]:
    """Return steps whose needs make no cycle, in any order."""
    names = [f"{prefix}{index}" for index in range(draw(st.integers(1, 6)))]
    found = []
    for index, name in enumerate(names):
        step = {"id": name, **draw(BODIES | WAITING), **draw(SETTINGS), **draw(st.just({}) | ITEMS)}
        if index:
            step["needs"] = draw(st.lists(st.sampled_from(names[:index]), unique=True))
        if undone and draw(st.booleans()):
            step["compensate"] = {**draw(BODIES), **draw(SETTINGS)}
        found.append(step)
    return list(draw(st.permutations(found)))


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """Return a definition with any of its sections."""
    sections = {
        "on_failure": steps(prefix="f", undone=False),
        "always": steps(prefix="z", undone=False),
        "output": PLAIN | TEXTS,
        "timeout": DURATIONS,
        "limits": st.lists(
            st.sampled_from([{"running": 2}, {"starts": 3, "per": "1m", "key": "${{ input.n }}"}]), max_size=3
        ),
    }
    return {
        "steps": draw(steps(prefix="s", undone=True)),
        **draw(st.fixed_dictionaries({}, optional=sections)),
    }
