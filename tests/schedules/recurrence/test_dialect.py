"""What each piece of the cron dialect means."""

import pytest

from schedules.recurrence import parse_cron
from tests.schedules.recurrence.local import days_of


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("*", tuple(range(60))),
        ("*/15", (0, 15, 30, 45)),
        ("*/45", (0, 45)),
        ("*/90", (0,)),
        ("5", (5,)),
        ("05", (5,)),
        ("7-7", (7,)),
        ("10-14", (10, 11, 12, 13, 14)),
        ("10-20/4", (10, 14, 18)),
        ("10/20", (10, 30, 50)),
        ("59/5", (59,)),
        ("58-2", (0, 1, 2, 58, 59)),
        ("50-10/7", (4, 50, 57)),
        ("3,1,3,2-4", (1, 2, 3, 4)),
        ("*/30,7", (0, 7, 30)),
    ],
)
def test_minute_values(text: str, minutes: tuple[int, ...]) -> None:
    assert parse_cron(f"{text} 0 * * *").minutes == minutes


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("22-2", (0, 1, 2, 22, 23)),
        ("22-2/2", (0, 2, 22)),
        ("21-3/3", (0, 3, 21)),
        ("20/2", (20, 22)),
        ("5-5/2", (5,)),
        ("17-16", tuple(range(24))),
        ("17-16/6", (5, 11, 17, 23)),
        ("23/1", (23,)),
        ("23-0", (0, 23)),
    ],
)
def test_a_range_past_midnight_goes_on_and_a_step_keeps_counting(text: str, hours: tuple[int, ...]) -> None:
    assert parse_cron(f"0 {text} * * *").hours == hours


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("JAN", (1,)),
        ("jan-Mar", (1, 2, 3)),
        ("NOV-FEB", (1, 2, 11, 12)),
        ("OCT-MAR/2", (2, 10, 12)),
        ("NOV-MAR/2", (1, 3, 11)),
        ("DEC-DEC", (12,)),
        ("DEC-1", (1, 12)),
        ("2-JAN/5", (2, 7, 12)),
        ("11/3,04,may-7", (4, 5, 6, 7, 11)),
        ("SEP/2", (9, 11)),
        ("*/5", (1, 6, 11)),
        ("feb,12", (2, 12)),
    ],
)
def test_month_values(text: str, months: tuple[int, ...]) -> None:
    assert parse_cron(f"0 0 1 {text} *").months == months


# November 2026 begins on a Sunday: days 1 to 7 are Sunday to Saturday.
@pytest.mark.parametrize(
    ("text", "first_week"),
    [
        ("0", [1]),
        ("7", [1]),
        ("SUN", [1]),
        ("0-7", [1, 2, 3, 4, 5, 6, 7]),
        ("1-5", [2, 3, 4, 5, 6]),
        ("mon-FRI", [2, 3, 4, 5, 6]),
        ("FRI-MON", [1, 2, 6, 7]),
        ("FRI-MON/2", [1, 6]),
        ("5-7", [1, 6, 7]),
        ("6-7/1", [1, 7]),
        ("7-2", [1, 2, 3]),
        ("7-7", [1]),
        ("SAT-SUN", [1, 7]),
        ("1/2", [1, 2, 4, 6]),
        ("3/2", [1, 4, 6]),
        ("2/2", [3, 5, 7]),
        ("7/2", [1]),
        ("0/3", [1, 4, 7]),
        ("MON/2", [1, 2, 4, 6]),
        ("6/1", [1, 7]),
        ("5-7/2", [1, 6]),
        ("0-7/2", [1, 3, 5, 7]),
        ("1-7/2", [1, 2, 4, 6]),
        ("MON-SUN/3", [1, 2, 5]),
        ("7-0", [1]),
        ("7-1/2", [1]),
        ("SAT-FRI", [1, 2, 3, 4, 5, 6, 7]),
        ("WED-TUE/3", [3, 4, 7]),
        ("tue,4,SAT-0", [1, 3, 5, 7]),
        ("*/2", [1, 3, 5, 7]),
        ("SUN-SAT", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_weekdays(text: str, first_week: list[int]) -> None:
    found = days_of(f"0 0 * * {text}", year=2026, month=11)

    assert [day for day in found if day <= 7] == first_week


@pytest.mark.parametrize(
    ("days", "year", "month", "expected"),
    [
        ("L", 2026, 2, [28]),
        ("L", 2028, 2, [29]),
        ("L-3", 2026, 2, [25]),
        ("L-0", 2026, 4, [30]),
        ("L-30", 2026, 2, []),
        ("L-30", 2026, 3, [1]),
        ("LW", 2026, 1, [30]),  # the 31st is a Saturday
        ("LW", 2026, 5, [29]),  # the 31st is a Sunday
        ("LW", 2026, 12, [31]),
        ("15W", 2026, 8, [14]),  # a Saturday
        ("15W", 2026, 11, [16]),  # a Sunday
        ("15W", 2026, 12, [15]),
        ("1W", 2026, 8, [3]),  # a Saturday, and July may not be touched
        ("1W", 2026, 2, [2]),
        ("31W", 2026, 5, [29]),  # a Sunday, and June may not be touched
        ("31W", 2026, 1, [30]),
        ("31W", 2026, 4, []),
        ("30W", 2026, 2, []),
        ("28W", 2026, 2, [27]),
        ("1,15,L", 2026, 2, [1, 15, 28]),
        ("L,L-1,10W", 2026, 10, [9, 30, 31]),
        ("LW,L", 2026, 1, [30, 31]),
        ("28-3", 2026, 2, [1, 2, 3, 28]),
        ("29-3/2", 2026, 1, [2, 29, 31]),
        ("29-3/2", 2026, 2, [2]),
        ("31-1", 2026, 4, [1]),
        ("29-L", 2026, 1, [29, 30, 31]),
        ("29-L", 2026, 2, []),
        ("1-l/10", 2026, 2, [1, 11, 21]),
        ("05,007", 2026, 2, [5, 7]),
        ("30W", 2026, 5, [29]),  # a Saturday
        ("1W,2W,3W", 2026, 8, [3]),
        ("L-03", 2026, 2, [25]),
        ("25/3", 2026, 1, [25, 28, 31]),
        ("31", 2026, 4, []),
    ],
)
def test_days_of_month(days: str, year: int, month: int, expected: list[int]) -> None:
    assert days_of(f"0 0 {days} * *", year=year, month=month) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("FRI#3", [20]),
        ("5#3", [20]),
        ("0#1", [1]),
        ("7#1", [1]),
        ("SUN#5", [29]),
        ("2#5", []),
        ("FRIL", [27]),
        ("7L", [29]),
        ("monl", [30]),
        ("07#01", [1]),
        ("SUN#1,7#2,0L", [1, 8, 29]),
        ("MON#1,FRIL", [2, 27]),
        ("MON#1,WED,SATL", [2, 4, 11, 18, 25, 28]),
    ],
)
def test_weekdays_counted_within_the_month(days: str, expected: list[int]) -> None:
    assert days_of(f"0 0 * * {days}", year=2026, month=11) == expected


@pytest.mark.parametrize(
    ("fields", "day_match", "expected"),
    [
        ("13 * FRI", "or", [6, 13, 20, 27]),
        ("10 * FRI", "or", [6, 10, 13, 20, 27]),
        ("13 * FRI", "and", [13]),
        ("10 * FRI", "and", []),
        # A field that begins with * does not restrict, so both must match.
        ("*/10 * SUN", "or", [1]),
        ("*/7 * SUN", "or", [1, 8, 15, 22, 29]),
        ("*,5 * MON", "or", [2, 9, 16, 23, 30]),
        ("8-14 * */2", "or", [8, 10, 12, 14]),
        ("? * FRI", "or", [6, 13, 20, 27]),
        ("13 * ?", "or", [13]),
        # A list that only contains a * later does restrict.
        ("1,*/10 * MON", "or", [1, 2, 9, 11, 16, 21, 23, 30]),
        # A full range is a restriction, so either may match.
        ("1-31 * FRI", "or", list(range(1, 31))),
        ("13 * 0-6", "or", list(range(1, 31))),
        ("1-31 * FRI", "and", [6, 13, 20, 27]),
        # The rule is the same for L, W and #.
        ("L * FRI", "or", [6, 13, 20, 27, 30]),
        ("LW * FRIL", "or", [27, 30]),
        ("1 * MON#1", "or", [1, 2]),
        ("15W * 2#2", "or", [10, 16]),
        ("1-7 * MON#1", "and", [2]),
        ("L * MONL", "and", [30]),
        ("*/2 * MON#4", "or", [23]),
    ],
)
def test_how_the_day_fields_join(fields: str, day_match: str, expected: list[int]) -> None:
    assert days_of(f"0 0 {fields}", year=2026, month=11, day_match=day_match) == expected


@pytest.mark.parametrize(
    ("macro", "expression"),
    [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
        (" @Daily ", "0 0 * * *"),
    ],
)
def test_macros(macro: str, expression: str) -> None:
    rule = parse_cron(macro)

    assert rule.text == macro
    assert rule.canonical == expression


def test_six_fields_have_seconds_first() -> None:
    rule = parse_cron("10,20 30 9 * * *")

    assert (rule.seconds, rule.minutes, rule.hours) == ((10, 20), (30,), (9,))


def test_five_fields_run_at_second_zero() -> None:
    assert parse_cron("30 9 * * *").seconds == (0,)


@pytest.mark.parametrize(
    ("expression", "elapsed"),
    [
        ("* * * * *", True),
        ("*/15 2 * * *", True),
        ("0 * * * *", True),
        ("0 */2 * * *", True),
        ("*/10 0 9 * * *", True),
        ("*,5 9 * * *", True),
        ("@hourly", True),
        ("H/15 * * * *", True),
        ("0 9 * * *", False),
        ("0-59 0-23 * * *", False),
        ("5,*/20 9 * * *", False),
        ("H H * * *", False),
        ("@daily", False),
    ],
)
def test_a_rule_is_elapsed_when_a_time_field_begins_with_a_star(expression: str, *, elapsed: bool) -> None:
    assert parse_cron(expression).elapsed is elapsed
