"""The fields of every kind of step: what they accept, and what they say of the rest."""

from typing import Any

import pytest

from tests.workflows.problems import errors_of, setting
from workflows.definition import parse_definition


def holds(kept: Any, written: Any) -> bool:
    """Return whether `kept` says all that was `written`, and maybe defaults."""
    if isinstance(written, dict):
        return all(holds(kept[name], part) for name, part in written.items())
    return bool(kept == written)


BREAKER = {"failures": 0.2, "minimum": 5, "window": "2m", "pause": "10s"}


@pytest.mark.parametrize(
    "step",
    [
        {"kind": "remote_task", "task": "billing.charge", "broker_queue": "billing", "kwargs": {"n": 1}},
        {"kind": "workflow", "workflow": "child", "input": {"n": "${{ input.n }}"}},
        {"kind": "wait", "event": {"type": "order.paid", "match": "event.data.id == input.id"}},
        {"kind": "wait", "event": {"type": "a", "source": "shop", "timeout": "1h", "look_back": "5m"}},
        {"kind": "wait", "event": {"type": "a", "timeout": "1h", "on_timeout": "continue"}},
        {"kind": "approval", "message": "Ship ${{ input.id }}?"},
        {"kind": "approval", "message": "?", "form": {"properties": {"n": {"type": "integer"}}}},
        {"kind": "approval", "message": "?", "deadline": "2d", "on_deadline": "fail", "on_reject": "continue"},
        {"kind": "task", "task": "a.b", "external": True, "soft_timeout": "10s", "delivery": "at_most_once"},
        {"kind": "http", "url": "https://x", "circuit_breaker": False, "priority": 9},
        {"kind": "http", "url": "https://x", "circuit_breaker": BREAKER},
        setting("a", for_each="${{ input.rows }}", max_parallel=3, fail_when="never", values={"x": "${{ item }}"}),
        setting("a", for_each=[1, "${{ input.n }}"], values={"x": "${{ index }}"}),
        setting("a", for_each=[]),
    ],
)  # fmt: skip
def test_a_step_is_kept_as_it_was_written(step: dict[str, Any]) -> None:
    kept = parse_definition({"steps": [{**step, "id": "a"}]}).to_data()["steps"][0]

    assert holds(kept, step)


@pytest.mark.parametrize(
    ("step", "path", "message"),
    [
        ({"kind": "remote_task", "task": "a"}, "broker_queue", "is required"),
        ({"kind": "remote_task", "task": "a", "broker_queue": "a b"}, "broker_queue", "dots, colons"),
        (
            {"kind": "remote_task", "task": "a", "broker_queue": "horarium.x"},
            "broker_queue",
            "Horarium's own",
        ),
        ({"kind": "workflow", "workflow": "A B"}, "workflow", "lower-case letters"),
        ({"kind": "wait", "event": {}}, "event.type", "is required"),
        ({"kind": "wait", "event": {"type": "a", "timeout": "x"}}, "event.timeout", "write it like"),
        ({"kind": "wait", "event": {"type": "a", "on_timeout": "x"}}, "event.on_timeout", "'fail' or 'cont"),
        ({"kind": "wait", "event": {"type": "a"}, "duration": 1}, "", "exactly one of `duration`, `until`"),
        ({"kind": "approval"}, "message", "is required"),
        ({"kind": "approval", "message": "?", "form": {"type": "array"}}, "form.type", "must be object"),
        (
            {"kind": "approval", "message": "?", "form": {"properties": {"a": {"pattern": "(?=a)"}}}},
            "form.properties.a.pattern",
            "linear time",
        ),
        (setting("a", timeout="10s", soft_timeout="10s"), "soft_timeout", "shorter than `timeout`, which is"),
        (setting("a", priority=10), "priority", "less than or equal to 9"),
        (setting("a", delivery="once"), "delivery", "'at_least_once'"),
        (setting("a", circuit_breaker=True), "circuit_breaker", "write fields and their values"),
        (setting("a", circuit_breaker={"failures": 0.5}), "circuit_breaker", "goes with http and task steps"),
        (setting("a", circuit_breaker={"failures": 2}), "circuit_breaker.failures", "less than or equal"),
        (setting("a", circuit_breaker={"pause": "2h"}), "circuit_breaker.pause", "between 1s and 1h"),
        (setting("a", max_parallel=2), "max_parallel", "goes with `for_each`"),
        (setting("a", fail_when="never"), "fail_when", "goes with `for_each`"),
        (setting("a", for_each=[1], max_parallel=0), "max_parallel", "greater than or equal to 1"),
        (setting("a", for_each=5), "for_each", "write a list, or one expression"),
        (setting("a", for_each="rows"), "for_each", "write a list, or one expression"),
        (setting("a", for_each="${{ input.a }},"), "for_each", "nothing around it"),
        (setting("a", for_each=[0] * 10_001), "for_each", "10,000 at most"),
        (setting("a", compensate={"kind": "wait", "duration": 1}), "compensate.kind", "there are task, rem"),
        (setting("a", compensate={"task": "a"}), "compensate.kind", "is required: task, remote_task, http"),
        (setting("a", compensate={"kind": "task"}), "compensate.task", "is required"),
        (
            setting("a", compensate={"kind": "task", "task": "b", "retry": {"initial": "x"}}),
            "compensate.retry.initial",
            "write it like",
        ),
        (
            setting("a", compensate={"kind": "task", "task": "b", "circuit_breaker": {"minimum": 0}}),
            "compensate.circuit_breaker.minimum",
            "greater than or equal to 1",
        ),
        (
            setting("a", compensate={"kind": "http", "url": "https://x", "timeout": 1, "soft_timeout": 5}),
            "compensate.soft_timeout",
            "shorter",
        ),
        ({"kind": "task", "task": "executions.start"}, "task", "the platform's own"),
    ],
)
def test_a_field_that_cannot_be_is_refused_where_it_stands(step: dict, path: str, message: str) -> None:
    found = errors_of({"steps": [setting("other"), {**step, "id": "a"}]})

    assert message in found[f"steps[1].{path}".removesuffix(".")]
