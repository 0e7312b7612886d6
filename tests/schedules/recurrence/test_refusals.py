"""What is refused, and that the refusal names the field to correct."""

import pickle
from time import perf_counter

import pytest

from schedules.recurrence import InvalidCron, InvalidRule, parse_cron


@pytest.mark.parametrize(
    ("text", "field", "word"),
    [
        ("", "expression", "empty"),
        ("* * * *", "expression", "4 fields"),
        ("0 0 0 1 1 * 2026", "expression", "7 fields"),
        ("0 0 0 1 1 * 2026", "expression", "no field for the year"),
        ("@reboot", "expression", "@daily"),
        ("@weekdays", "expression", "@hourly"),
        ("@every 5m", "expression", "'interval'"),
        ("CRON_TZ=Asia/Tokyo 0 9 * * *", "expression", "zone of the schedule"),
        ("TZ=UTC @daily", "expression", "zone of the schedule"),
        ("0 ٩ * * *", "hour", "ASCII"),
        ("\uff15 0 * * *", "minute", "ASCII"),
        ("¹ 0 * * *", "minute", "ASCII"),
        ("0 0 * * fr\u0131", "day of week", "ASCII"),  # upper() makes FRI of it
        ("0 0 * * \u017fun", "day of week", "ASCII"),
        ("\uff10 0 0 0 1 1 *", "expression", "ASCII"),
        ("@wee\u212aly", "expression", "ASCII"),  # lower() makes a k of it
        ("0\u00a09 * * *", "expression", "ASCII"),
        ("0 9 *\u2003* * *", "day of month", "ASCII"),
        ("0\x1c9 * * * *", "minute", "not understood"),
        ("0 9 * * \x00", "day of week", "not understood"),
        ("60 * * * *", "minute", "0 to 59"),
        ("5-60 * * * *", "minute", "0 to 59"),
        ("-1 * * * *", "minute", "sign"),
        ("*/-5 * * * *", "minute", "sign"),
        ("*/0 * * * *", "minute", "1 or more"),
        ("*/ * * * *", "minute", "lacks a number"),
        ("1,,2 * * * *", "minute", "empty"),
        ("1, * * * *", "minute", "empty"),
        ("5- * * * *", "minute", "not understood"),
        ("*-5 * * * *", "minute", "not understood"),
        ("1-2-3 * * * *", "minute", "not understood"),
        ("1/2/3 * * * *", "minute", "not understood"),
        ("1.5 * * * *", "minute", "not understood"),
        ("FRI * * * *", "minute", "numbers"),
        ("? * * * *", "minute", "?"),
        ("R * * * *", "minute", "random"),
        ("R(0-30) * * * *", "minute", "random"),
        ("0~30 * * * *", "minute", "random"),
        ("~ * * * *", "minute", "random"),
        ("H(0-60) * * * *", "minute", "0 to 59"),
        ("H/0 * * * *", "minute", "1 or more"),
        ("H(5) * * * *", "minute", "not understood"),
        ("999999 * * * *", "minute", "0 to 59"),
        ("*/00 * * * *", "minute", "1 or more"),
        ("61 0 0 * * *", "second", "0 to 59"),
        ("0 24 * * *", "hour", "0 to 23"),
        ("0 L * * *", "hour", "day of month"),
        ("0 0 0 * *", "day of month", "1 to 31"),
        ("0 0 32 * *", "day of month", "1 to 31"),
        ("0 0 0W * *", "day of month", "1 to 31"),
        ("0 0 32W * *", "day of month", "1 to 31"),
        ("0 0 L-31 * *", "day of month", "L-30"),
        ("0 0 L-3W * *", "day of month", "does not fit"),
        ("0 0 L/2 * *", "day of month", "does not fit"),
        ("0 0 ?/2 * *", "day of month", "?"),
        ("0 0 1,? * *", "day of month", "?"),
        ("0 0 5#2 * *", "day of month", "#"),
        ("0 0 MON * *", "day of month", "numbers"),
        ("0 0 1 0 *", "month", "1 to 12"),
        ("0 0 1 13 *", "month", "1 to 12"),
        ("0 0 1 JUNE *", "month", "three letters"),
        ("0 0 * * L5", "day of week", "FRIL"),
        ("0 0 1 FOO *", "month", "JAN to DEC"),
        ("0 0 1 ? *", "month", "?"),
        ("0 0 * * 8", "day of week", "0 to 7"),
        ("0 0 * * JUL", "day of week", "SUN to SAT"),
        ("0 0 * * L", "day of week", "FRIL"),
        ("0 0 * * 8L", "day of week", "0 to 7"),
        ("0 0 * * 8#1", "day of week", "0 to 7"),
        ("0 0 * * 5#0", "day of week", "1 to 5"),
        ("0 0 * * 5#" + "9" * 40, "day of week", "1 to 5"),
        ("0 0 * * 5#6", "day of week", "1 to 5"),
        ("0 0 * * 5#", "day of week", "#"),
        ("0 0 * * 15W", "day of week", "does not fit"),
        ("0 0 31 2 *", "day of month", "never fires"),
        ("0 0 30 FEB *", "day of month", "never fires"),
        ("0 0 31 4,6,9,11 *", "day of month", "never fires"),
        ("0 0 31W 2,4 *", "day of month", "never fires"),
        ("0 0 L-30 2,4 *", "day of month", "never fires"),
        ("0 0 31 2 ?", "day of month", "never fires"),
        ("0 0 31 2 */2", "day of month", "never fires"),
        ("0 0 */40,1 * 1#2", "day of week", "never fires"),
    ],
)
def test_a_refusal_names_the_field_and_says_what_to_write(text: str, field: str, word: str) -> None:
    with pytest.raises(InvalidCron) as refusal:
        parse_cron(text)

    assert refusal.value.field == field
    assert str(refusal.value).startswith(f"{field}: ")
    assert word in str(refusal.value)


@pytest.mark.parametrize("text", ["0 0 1 * MON#2", "0 0 31 * MON#4", "0 0 30 2 MON"])
def test_days_that_never_meet_are_refused_when_both_must_match(text: str) -> None:
    with pytest.raises(InvalidCron, match="never fires"):
        parse_cron(text, day_match="and")


@pytest.mark.parametrize("text", ["0 0 29 2 *", "0 0 L-28 2 *", "0 0 29W 2 *", "0 0 * 2 1#5", "0 0 31 2 MON"])
def test_rare_days_are_accepted(text: str) -> None:
    assert parse_cron(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "," * 10_000,
        "9" * 5_000 + " * * * *",
        "* * * * */" + "9" * 5_000,
        "9" * 200 + " * * * *",
        "1-" + "9" * 200 + " * * * *",
        "0 0 L-" + "9" * 200 + " * *",
        "0 0 " + "9" * 200 + "W * *",
        "0 0 * * " + "9" * 200 + "L",
        "0 0 * * MON#" + "9" * 200,
        "\ud800 * * * *",
        "\N{FULLWIDTH DIGIT FIVE}" * 200 + " * * * *",
        "*,*/7,1-5,3-4," * 16 + "x * * * *",
        "* * 31 2,4,6,9,11" + ",11" * 70 + " *",
        "* * " + "30W," * 50 + "31W 2 *",
        "((((" * 60 + " * * * *",
        "@" * 256,
        "@every " + "9" * 240,
        ",".join(["*"] * 100) + "," + "1-" * 20 + " * * * *",
        "1," * 110 + "x * * * *",
        "H(" * 80 + " * * * *",
        "5#" * 100 + "* * * * *",
        " " * 250 + "*",
        "* * * * " + "L" * 240,
        "\x00 * * * *",
        "🕐 * * * *",
        "*\udcff * * * *",
    ],
)
def test_a_hostile_text_is_refused_at_once(text: str) -> None:
    spent = []
    for _ in range(3):
        start = perf_counter()
        with pytest.raises(InvalidCron):
            parse_cron(text)
        spent.append(perf_counter() - start)

    assert min(spent) < 0.005


def test_the_longest_text_has_256_characters() -> None:
    assert parse_cron("* * * * *" + " " * 247).canonical == "* * * * *"

    with pytest.raises(InvalidCron, match="257 characters"):
        parse_cron("* * * * *" + " " * 248)


@pytest.mark.parametrize("text", [None, 5, b"* * * * *", ["*"]])
def test_what_is_no_text_is_refused(text: object) -> None:
    with pytest.raises(InvalidCron, match="expression"):
        parse_cron(text)  # type: ignore[arg-type]


def test_a_step_of_any_size_is_accepted_as_larger_than_its_field() -> None:
    assert parse_cron("*/" + "9" * 200 + " 0 * * *").minutes == (0,)


def test_an_unknown_day_rule_is_refused() -> None:
    with pytest.raises(InvalidCron) as refusal:
        parse_cron("* * * * *", day_match="xor")

    assert refusal.value.field == refusal.value.key == "day_match"


def test_a_refusal_is_an_invalid_rule_and_a_value_error_that_points_to_the_expression() -> None:
    with pytest.raises(InvalidRule) as refusal:
        parse_cron("0 99 * * *")

    assert isinstance(refusal.value, ValueError)
    assert refusal.value.key == "expression"


def test_a_refusal_survives_pickling() -> None:
    refusal = InvalidCron("hour", "99 is out of range")

    copy = pickle.loads(pickle.dumps(refusal))

    assert (copy.field, str(copy)) == (refusal.field, str(refusal))
