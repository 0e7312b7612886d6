"""Which texts are crons, item by item and as a whole; most come up in other libraries' tests, too."""

import pytest

from schedules.recurrence import InvalidCron, parse_cron

FIELDS = ("second", "minute", "hour", "day of month", "month", "day of week")

NOWHERE = """
    -1 - 5- , ,1 1, 1,,2 / /2 */ 1/ 1/0 */0 1-3/0 1/k 1k 1/2/3 */* */-1 1//2 1-2-3 1--2 *-5 ** *5 5* +1 +
    # *#1 2# #2 1##1 W w WL LL 1_0 1-1_0 1.5 1e1 0x1 % $1 ! a T ABC 99999999999999999999 ?/2 1,? ?,1 1-? ?? *? */?
    1~5 ~ R r/5 R(1-5) h(1) H() H(1-) H(1,2) H-1 1-H H#1 HH H(1-3 H/0 H(1-2)/ *H
"""
NOT_IN = {
    "second": "60 5-60 61/2 H(0-60) ? L l LW L-1 1W 1#1 1L JAN MON",
    "minute": "60 5-60 61/2 H(0-60) ? L l LW L-1 1W 1#1 1L JAN MON",
    "hour": "24 0-24 24/2 25 H(0-24) ? L l LW L-1 1W 1#1 1L JAN MON",
    "day of month": """
        0 32 0-5 10-32 31-32 0/2 00 H(0-5) JAN MON 1#1 5L FRIL
        0W 32W 1-2W 1/2W 1-2/2W 15W/2 1LW L-31 l-31 L-99 L- L-1W L/2 LW/2 L-L LW-1 L1 1-LW L-5-L
    """,
    "month": "0 13 0-5 1-13 JANUARY FOO MON ? L LW 1W 1L 2#2 JAN-FOO JAN-DECEMBER J JA */JAN SEPT",
    "day of week": """
        8 0-8 8/2 JAN SUNDAY SU SUT SU0 L l LW 1W L-1 5L-6 5L#1 5L/3 L5 LFRI FOOL 5LL 8L FRI-L
        5#6 5#0 SUN#6 SUN#050 8#1 0# 1-5#2 5#2#1 MON-FRI#2 FOO#1 5#L 1#1/2 1#1-2 TUES THUR
    """,
}
REFUSED = [(field, item) for field in FIELDS for item in f"{NOWHERE} {NOT_IN[field]}".split()]


@pytest.mark.parametrize(("field", "item"), REFUSED)
def test_what_is_refused_in_a_field(field: str, item: str) -> None:
    fields = ["0", "0", "0", "*", "*", "*"]
    fields[FIELDS.index(field)] = item

    with pytest.raises(InvalidCron) as refusal:
        parse_cron(" ".join(fields))

    assert refusal.value.field == field


NO_CRON = """
    *
    * *
    * * *
    * * * *
    * * * * * * *
    * * * * * * * *
    0 0 12 * * ? 2026
    @
    @@daily
    @ daily
    @dail
    @dailyx
    @daily @daily
    @daily *
    * * * * @daily
    @yearly !
    @reboot
    @every
    @every 5m
    @every_minute
    @every_second
    @every_hour
    @secondly
    @quarterly
    @weekdays
    @1
    daily
    every 5 minutes
    every day at noon
    0 9 * * * Europe/Berlin
    TZ=UTC 0 9 * * *
    CRON_TZ=Asia/Tokyo 0 9 * * *
    0 9 * * * /bin/true
    0,9,*,*,*
    0;9 * * * *
"""


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "\t\t", *(line.strip() for line in NO_CRON.split("\n")[1:-1])]
)
def test_what_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(InvalidCron):
        parse_cron(text)


# Day of month, month and day of week.
NEVER = """
    30 2 *; 30-31 2 *; 31 2 *; 31 4 *; 31 6 *; 31 9 *; 31 11 *; 31 2,4,6,9,11 ?; 30W 2 *; 31W 9-2/5 ?; 31 APR-JUN/2 *;
    L-29 2 *; L-30 2 *; L-30 11 *; L-30 4,6 *; 30-L 2 *; */31 2 MON#2; */100 * MON#4; 31 4 ?
"""
NEVER_BOTH = """
    1 * SUN#2; 7 * SUN#2; 1 * SUN#3; 14 * SUN#3; 21 * SUN#4; 28 * SUN#5; 1-28 * SUN#5; 8 * MON#1; 31 * MON#1;
    15 * TUE#2; 31 * TUE#2; 22 * WED#3; 29 * THU#4; 21 * 7L; 11 * 0L; 1 * 0L; L * SUN#1; L * SUN#3; L 1 SUN#4;
    L 3-12 SUN#4; L-1 2 SUN#5; L-2 4 SUN#5; L-3 * SUN#5; L-10 * SUN#4; 1W * SUN; 4W * 0; 7W * 7; 5W * SAT;
    14W * 6#2; 7W * FRI#2; 14W * TUE#3; 11W * MON#3; 21W * TUE#4; 28W * SAT#5; 21W * 0L; 19W * 1L; 1W * 1L;
    2W * 2L; 3W * 3L; 4W * 4L; 5W * 5L; 21W * 6L; LW * SUN; LW * 0L; LW * SAT; LW * 6L; LW * 1#1; LW * 2#2;
    LW 1 4#4; LW 3-12 4#4; 30 2 MON; 31W 4 MON; 29-L 4 SUN#4,MON#3
"""


@pytest.mark.parametrize(
    ("days", "day_match"),
    [
        *((days.strip(), "or") for days in NEVER.split(";")),
        *((days.strip(), "and") for days in NEVER_BOTH.split(";")),
    ],
)
def test_days_that_never_come_are_refused(days: str, day_match: str) -> None:
    with pytest.raises(InvalidCron, match="never fires"):
        parse_cron(f"* * {days}", day_match=day_match)


CRONS = """
    007 05 01 01 00
    00 00 001 012 007
    0 0 1 jan,FEB,Mar mOn
    0 0 1 JAN-12 0-SAT
    0 0 * * Sun
    */1 */1 */1 */1 */1
    */60 * * * *
    0 */24 * * *
    0 0 */32 * *
    0 0 1 */13 *
    0 0 * * */8
    */99999 * * * *
    1/999 * * * *
    0-0/5 * * * *
    0-5/99 * * * *
    0 0 1-31/31 * *
    0 0 ? * ?
    0 0 31 2 MON
    0 0 L-28 2 *
    0 0 29W 2 *
    0 0 1,L,15W,L-3,LW,*/9,25-L * *
    0 0 * * 1,2-3,4#1,5L,*/6,MON/3
    H H H H H
    H(0-29)/10 H(9-17) * * *
    H,30 h * * h
    0 0 H/5 H/3 *
    0 0 H(1-31) * H(MON-FRI)
    H(50-10)/7 H(22-2) * * *
    H H * * * *
    H/99 * * * *
    0,*,5 * * * *
    1-59/2,*/20,H * * * *
"""
WITH_BLANKS = [
    "*\t*\t* * *",
    " \t*\t*\t* * *    ",
    "* * * * *\n",
    "\r\n0 9 * * *\r\n",
    "  @daily  ",
    "@DAILY",
    "@hourly\n",
]


@pytest.mark.parametrize("text", [*WITH_BLANKS, *(line.strip() for line in CRONS.split("\n")[1:-1])])
def test_what_is_accepted(text: str) -> None:
    rule = parse_cron(text, hash_key="schedule-1")

    assert rule.text == text
    assert parse_cron(rule.canonical).canonical == rule.canonical
