"""Expressions: what they read, what they give, and what they may cost."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from workflows.errors import ExpressionError
from workflows.expressions import bind, compile_expression, evaluate

VARIABLES = {
    "input": {"n": 3, "url": "https://example.com"},
    "steps": {"fetch": {"output": {"items": [1, 2]}}},
}


def value_of(source, **variables):
    return evaluate(compile_expression(source), {**VARIABLES, **variables})


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("input.n + 1", 4),
        ("input.n > 2 && input.url.startsWith('https')", True),
        ("steps.fetch.output.items.map(x, x * 2)", [2, 4]),
        ('has(input.missing) ? input.missing : "none"', "none"),
        ('{"a": [null, 1.5]}', {"a": [None, 1.5]}),
        ('timestamp("2026-11-20T10:00:00+01:00")', "2026-11-20T09:00:00Z"),
        ('duration("90m")', "1h30m"),
        ('duration("-90m")', "-1h30m"),
        ("{1: 2}", {"1": 2}),
    ],
)
def test_a_result_is_a_plain_json_value(source, result):
    assert value_of(source) == result


@pytest.mark.parametrize("source", ['b"x"', 'double("nan")', '"a\\u0000"', "{true: 1}"])
def test_a_result_that_cannot_be_stored_is_refused(source):
    with pytest.raises(ExpressionError, match="cannot be kept"):
        value_of(source)


def test_an_aware_time_is_compared_as_an_instant():
    nine = datetime(2026, 11, 20, 9, tzinfo=UTC)

    assert value_of(
        "event.at == input.at",
        event={"at": nine},
        input={"at": nine.astimezone(timezone(timedelta(hours=1)))},
    )


@pytest.mark.parametrize(
    ("source", "references"),
    [
        ("input.url", {("input", "url")}),
        ('steps["fetch"].output', {("steps", "fetch")}),
        ("steps.a.output.b + steps . c . d", {("steps", "a"), ("steps", "c")}),
        ("steps[input.name]", {("steps", None), ("input", "name")}),
        ("size(steps) + steps.size()", {("steps", None)}),
        ("has(steps.a.output)", {("steps", "a")}),
        ("input.items.map(x, x.steps.y)", {("input", "items")}),
        ("input.items.filter(event1, event1 > event.n)", {("input", "items"), ("event", "n")}),
        ('\'steps.a\' + """steps.b " steps.c""" // steps.d', set()),
        ("r'\\' + steps.a", {("steps", "a")}),
        ('{"a": item}["a"]', {("item", None)}),
        ("1.0 + .5 + 0x1F", set()),
    ],
)
def test_references_name_what_is_read_and_nothing_that_only_looks_like_it(source, references):
    assert compile_expression(source).references() == references


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1 +", "not a CEL expression, at line:column 1:4"),
        ("", "not a CEL expression"),
        ("inptu.url", "unknown variable 'inptu'"),
        (".input.url", "unknown variable '.input'"),
        ("now()", "unknown function 'now'"),
        ("input.url.lower()", "unknown function 'lower'"),
        (".filter()", "unknown function '.filter'"),
        ("input.filter(x)", "unknown function 'filter'"),
        ("_collect(1)", "unknown function '_collect'"),
        ("[1].map(steps, steps)", "may not call its element 'steps'"),
        ("input.l.map(x, x.map(y, y.map(z, z)))", "nested 3 deep"),
        ("1" + " + 1" * 600, "longer than 2,000 bytes"),
        ("(" * 200 + "1" + ")" * 200, "not a CEL expression, at line:column 1:97: nested too deep; write it"),
        ("event.data[", "not a CEL expression, at line:column 1:12: Syntax error"),
    ],
)
def test_a_bad_expression_is_refused_when_it_is_compiled(source, reason):
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source)

    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("input.missing", "there is no 'missing'"),
        ("input.url + 1", "Unsupported operation: string + int"),
        ("1 / 0", "division by zero"),
        ("steps.fetch.output.items[7]", "index out of bounds"),
        ("schedule.id", "Undefined variable"),
        ('"a".matches("(")', "not a valid regex"),
    ],
)
def test_a_failure_names_the_expression_and_the_reason(source, reason):
    with pytest.raises(ExpressionError) as caught:
        value_of(source)

    assert reason in str(caught.value)
    assert source in str(caught.value)


def test_an_error_never_shows_a_secret():
    with pytest.raises(ExpressionError) as caught:
        value_of("int(secrets.token)", secrets={"token": "hunter2"})

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("[1, 2, 3].filter(x, x > 1).map(y, y * 2)", [4, 6]),
        ("[1, 2, 3].map(x, x != 2, x + 1)", [2, 4]),
        ("[[1, 2], [3]].map(x, x.map(y, y + 1))", [[2, 3], [4]]),
        ("[1, 2].filter(x, // both, all (\n x > 0 // yes)\n)", [1, 2]),
        ('{"a": 1, "b": 2}.map(k, {"key": k})', [{"key": "a"}, {"key": "b"}]),
        ("[1u, 2u].map(x, x + 1u)", [2, 3]),
        ("[1, 2].exists(x, [x].filter(y, y > 1).size() == 1)", True),
        ("[[1, 2], []].filter(x, true ? x.size() > 0 : false)", [[1, 2]]),
    ],
)
def test_counting_what_a_loop_collects_does_not_change_its_result(source, result):
    for collected in value_of(source), value_of(f"[{source}][0]"):
        assert collected == result or sorted(collected, key=str) == sorted(result, key=str)


def test_a_context_serves_evaluation_after_evaluation():
    expression = compile_expression("input.l.map(x, x)")
    context = bind({"input": {"l": [1] * 900}}, expression.references())

    assert [len(expression.run(context)) for _ in range(20)] == [900] * 20


@pytest.mark.parametrize(
    "source",
    [
        "input.wide.map(x, x)",
        "input.l.map(x, input.l.map(y, y))",
        "input.l.map(x, input.l)",
        "input.l.filter(x, input.l.map(y, input.l).size() > 0)",
        "input.l.exists(x, input.l.map(y, input.l).size() < 0)",
        "input.l.map(x, input.l) == [] || true",
        "[input.l]" + ".map(a, [a, a, a, a, a, a, a, a])" * 8,
        "(input.l + input.l + input.l + input.l + input.l + input.l + input.l + input.l).filter(x, x > 0)",
        "['ab']" + ".map(x, x + x)" * 60,
        "input.text" + " + input.text" * 20,
    ],
)
def test_what_would_hold_the_worker_for_seconds_is_refused(source):
    values = {"wide": [1] * 5_000, "l": [1] * 200, "text": "x" * 1_000_000}

    with pytest.raises(ExpressionError, match="too much"):
        value_of(source, input=values)


def test_a_payload_over_the_limit_is_refused_and_what_is_not_read_does_not_count():
    huge = {"output": [1] * 100_001}

    with pytest.raises(ExpressionError, match="too large"):
        value_of("size(steps.huge.output)", steps={"huge": huge})
    assert value_of("steps.small.output", steps={"huge": huge, "small": {"output": 1}}) == 1
