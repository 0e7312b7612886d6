"""Hostile expressions and payloads: refused, or done within the budget."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows import pattern_cost
from workflows.errors import ExpressionError
from workflows.expression_budget import STEP, TRIGGER, Budget
from workflows.expressions import bind, compile_expression, evaluate
from workflows.templates import compile_template

DATA = {
    "text": "ab" * 100_000,
    "thousand": list(range(1_000)),
    "words": ["a" * 80] * 1_000,
    "two": list(range(200)),
    "short": "b",
    "state": "paid",
}
NO_TIME = Budget(values=30_000, text=300_000, added_text=2_000_000, work=500_000, seconds=0.0)


def value_of(source, *, budget=TRIGGER, **data):
    return evaluate(compile_expression(source), {"event": {"data": DATA | data}}, budget=budget)


def reason_of(source, *, budget=TRIGGER, **data):
    with pytest.raises(ExpressionError) as caught:
        value_of(source, budget=budget, **data)
    return caught.value.reason


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        # the length of a text times the places of a pattern
        ("event.data.text.matches('[ab]*a[ab]{1000}c')", "too much to match"),
        ("event.data.text.matches(event.data.text)", "too much to match"),
        ("event.data.short.matches('(a{500}){500}')", "too much to match"),
        (r"event.data.short.matches('\\w{500}')", "too much to match"),
        ("matches(event.data.short, '((a{90}){90}){90}')", "too much to match"),
        ("event.data.short.matches('(?x) a { 500000 }')", "too much to match"),
        ("event.data.thousand.all(x, !event.data.text.matches('[ab]*c[ab]{20}'))", "too much"),
        # what every turn of a loop reads anew
        ("event.data.thousand.all(x, event.data == event.data)", "too much to compute"),
        ("event.data.thousand.all(x, !('q' in event.data.words + event.data.words))", "too much"),
        ("event.data.two.exists(x, event.data.two.exists(y, event.data.text == ''))", "too much to compute"),
        ("event.data.thousand.exists(x, [event.data.words] == [])", "too much to compute"),
        # loops after loops
        ("event.data.two.exists(x, x < 0)" + " || event.data.two.exists(x, x < 0)" * 40, "too much to loop"),
        # reading one large value many times, and making larger ones of it
        (" && ".join(["event.data.words == event.data.words"] * 40), "too much to read"),
        ("[" + ", ".join(["event.data.text"] * 100) + "]", "too much to read"),
        ("duration(event.data.text) == duration('1h')", "too much to read"),
        ("[event.data.words, event.data.words].map(x, [x, x, x, x])", "too much"),
        ("[" + ", ".join(["event.data.words"] * 12) + "]", "cannot be kept: too large"),
        ("event.data.text + event.data.text" + " + event.data.text" * 20, "too much text to add up"),
        ("event.data.text + event.data.text", "cannot be kept: too large"),
        ("event.data.thousand.map(x, event.data.text)", "collect too much"),
        ("event.data.thousand.map(x, event.data.words)", "collect too much"),
    ],
)
def test_an_expensive_expression_is_refused(source, reason):
    assert reason in reason_of(source)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"l": [[]] * 30_001}, "too large"),
        ({"l": ["x" * 1_000] * 301}, "too large"),
        ({"l": {"x" * 1_000 + str(n): 0 for n in range(301)}}, "too large"),
        ({"l": json.loads("[" * 300 + "]" * 300)}, "nested deeper than 200 levels"),
    ],
)
def test_a_payload_that_costs_too_much_to_convert_is_refused_where_it_is_read(data, reason):
    assert reason in reason_of("event.data.l == 0", **data)
    assert value_of("event.data.state == 'paid'", **data) is True


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("event.data.state == 'paid' && event.data.words[0].startsWith('a')", True),
        ("event.data.thousand.exists(n, n == 999)", True),
        ("event.data.two.exists(n, event.data.two.exists(m, n == m && m == 199))", True),
        ("event.data.thousand.filter(n, n > 997)", [998, 999]),
        ("event.data.two.map(n, n > 197, {'n': n})", [{"n": 198}, {"n": 199}]),
        ("size(event.data.text)", 200_000),
        ("event.data.text.contains('ba')", True),
        (r"event.data.text.matches('^[\\w.+-]+$')", True),
        (r"'2026-11-20'.matches('^\\d{4}-\\d{2}-\\d{2}$')", True),
        ("matches('cab', 'a')", True),
        ("event.data.words.all(w, w.matches('^a+$'))", True),
        (r"'7f3e'.matches('^([0-9a-f]{2}){2}$') && !'x'.matches('\\d')", True),
    ],
)
def test_what_people_write_fits_the_budget_of_a_trigger(source, result):
    assert value_of(source) == result


@pytest.mark.parametrize(
    "source",
    [
        "[1].all(x, true)",
        "[1].exists(x, false) || true",
        "[1].map(x, x)",
        "[1].map(x, false, x)",
        "[1].filter(x, false)",
        "[1].exists_one(x, true)",
        "[1].existsOne(x, true)",
        "[1].all(x, false) ? 1 : 2",
    ],
)
def test_without_time_left_no_loop_turns(source):
    assert "too much to compute" in reason_of(source, budget=NO_TIME)


def test_all_expressions_of_a_template_share_one_budget():
    template = compile_template(["${{ event.data.n + 1 }}"] * 2)

    with pytest.raises(ExpressionError, match="too much to compute"):
        template.render({"event": {"data": {"n": 1}}}, budget=NO_TIME)
    assert template.render({"event": {"data": {"n": 1}}}, budget=STEP) == [2, 2]


def test_a_renewed_context_admits_the_next_evaluation():
    expression = compile_expression("event.data.n + 1")
    context = bind({"event": {"data": {"n": 1}}}, expression.paths(), budget=NO_TIME)

    assert expression.run(context) == 2
    with pytest.raises(ExpressionError, match="too much to compute"):
        expression.run(context)
    context.renew()
    assert expression.run(context) == 2


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("event.data.order.total > 1", {("event", "data", "order", "total")}),
        ('event["data"]["a.b"].c', {("event", "data", "a.b", "c")}),
        ("event.data.lines[0].sku", {("event", "data", "lines")}),
        ("event.data.lines.map(l, l.sku)", {("event", "data", "lines")}),
        ("event.data[event.type].x", {("event", "data"), ("event", "type")}),
        ("has(event.data.x) && event.data.size() > 0", {("event", "data", "x"), ("event", "data")}),
        ("event" + ".a" * 30, {("event", *("a",) * 15)}),
    ],
)
def test_paths_name_what_is_read_down_to_the_last_written_key(source, paths):
    assert compile_expression(source).paths() == paths


def test_only_what_is_read_is_converted():
    event = {"data": {"state": "paid", "other": object()}, "headers": object()}

    assert evaluate(compile_expression("event.data.state"), {"event": event}) == "paid"
    with pytest.raises(ExpressionError, match="neither JSON nor a time"):
        evaluate(compile_expression("event.data.size()"), {"event": event})


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("event.data.short.matches('(') || true", "not a valid regex"),
        ("matches(1, 'a')", "matches"),
        ("'a'.matches('a', 'b')", "takes a text and a pattern"),
        ("{'a': 1}[event.data.text]", "there is no 'ababab"),
    ],
)
def test_a_failure_of_a_costly_operation_is_told_in_a_line(source, reason):
    assert reason in reason_of(source)
    assert len(reason_of(source)) < 300


@pytest.mark.parametrize(
    ("cheap", "dear"),
    [
        ("a{10}", "a{1000}"),
        ("(a{10}){10}", "(a{100}){100}"),
        ("([)]a{10}){10}", "([)]a{100}){100}"),
        ("([a[b])]a{10}){10}", "([a[b])]a{100}){100}"),
        ("[a]{10}", r"[\w]{10}"),
        ("a{,3}", "a{3,300}"),
        (r"\x{500}", r"\d{500}"),
        (r"\{500}", "a{500}"),
        ("a", "a{" + "9" * 1_000 + "}"),
        ("a", "(" * 200 + "a" + "{999})" * 200),
    ],
)
def test_repetitions_multiply_what_a_pattern_costs(cheap, dear):
    assert pattern_cost.seconds_to_match(cheap, "") * 4 < pattern_cost.seconds_to_match(dear, "")


TEXTS = ["'a'", "'1h'", "'('", r"r'\d+'", "'2026-11-20T10:00:00Z'", "b'x'"]
NUMBERS = ["1", "-1", "0u", "1.5", "9223372036854775807", "-9223372036854775808", "double('nan')"]
TIMES = ["timestamp('9999-12-31T23:59:59Z')", "timestamp('0001-01-01T00:00:00Z')", "duration('9223372036s')"]
READ = ["x", "y", "event", "event.data", "event.data.a", "event.data.b[0]", "event['data']['a']"]
LEAVES = st.sampled_from(["null", "true", "[]", "{}", "[1, 'a']", *TEXTS, *NUMBERS, *TIMES, *READ])
OPERATORS = ["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "in"]
METHODS = ["contains", "matches", "startsWith", "endsWith", "getHours", "a"]
LOOPS = ["all", "exists", "exists_one", "existsOne", "filter", "map"]
FUNCTIONS = [
    "size",
    "string",
    "int",
    "uint",
    "double",
    "bytes",
    "timestamp",
    "duration",
    "type",
    "dyn",
    "has",
]


def _grown(part):
    return st.one_of(
        st.tuples(part, st.sampled_from(OPERATORS), part).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(part, st.sampled_from(METHODS), part).map(lambda p: f"{p[0]}.{p[1]}({p[2]})"),
        st.tuples(part, st.sampled_from(LOOPS), st.sampled_from("xy"), part).map(
            lambda p: f"{p[0]}.{p[1]}({p[2]}, {p[3]})"
        ),
        st.tuples(part, part, part).map(lambda p: f"({p[0]} ? {p[1]} : {p[2]})"),
        st.tuples(part, part, part).map(lambda p: f"{p[0]}.map(x, {p[1]}, {p[2]})"),
        st.tuples(st.sampled_from(FUNCTIONS), part).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(part, part).map(lambda p: f"{p[0]}[{p[1]}]"),
        st.tuples(part, part).map(lambda p: f"{{'k': {p[0]}, 'l': [{p[1]}, {p[1]}]}}"),
        part.map(lambda p: f"!-{p}"),
    )


EXPRESSIONS = st.recursive(LEAVES, _grown, max_leaves=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=5) | st.dictionaries(st.text(max_size=3), v), max_leaves=20
)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, st.fixed_dictionaries({"a": VALUES, "b": VALUES}))
def test_whatever_is_written_and_sent_raises_nothing_but_an_expression_error(source, data):
    with contextlib.suppress(ExpressionError):
        value = evaluate(compile_expression(source), {"event": {"data": data}}, budget=TRIGGER)
        json.dumps(value, allow_nan=False)
