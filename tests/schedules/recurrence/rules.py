"""Hypothesis strategies: rules of every kind, as the JSON that a schedule stores."""

from datetime import datetime

from hypothesis import strategies as st

from tests.schedules.recurrence.strategies import crons, instants

FREQS = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
JSON = st.SearchStrategy[dict[str, object]]

walls = instants.map(lambda at: at.replace(tzinfo=None, microsecond=0))
seconds = st.integers(1, 316_224_000)


def listed(low: int, high: int, *, signed: bool = False) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    if signed:
        numbers = st.one_of(numbers, numbers.map(lambda n: -n))
    return st.lists(numbers, min_size=1, max_size=3).map(lambda found: ",".join(map(str, found)))


@st.composite
def recurrences(draw: st.DrawFn, freqs: tuple[str, ...] = FREQS) -> str:
    """Draw the value of an RRULE of parts on which the RFC and dateutil agree."""
    freq = draw(st.sampled_from(freqs))
    numbered = freq in {"YEARLY", "MONTHLY"} and draw(st.booleans())
    days = st.sampled_from(WEEKDAYS)
    if numbered:
        days = st.builds("{}{}".format, st.sampled_from([1, 2, 4, 5, -1, -2]), days)
    optional = {
        "INTERVAL": st.sampled_from([2, 3, 5, 7, 13, 24, 60, 100]),
        "COUNT": st.integers(1, 30),
        "WKST": st.sampled_from(WEEKDAYS),
        "BYMONTH": listed(1, 12),
        "BYMONTHDAY": listed(1, 31, signed=True),
        "BYYEARDAY": listed(1, 366, signed=True),
        "BYDAY": st.lists(days, min_size=1, max_size=3).map(",".join),
        "BYHOUR": listed(0, 23),
        "BYMINUTE": listed(0, 59),
        "BYSECOND": listed(0, 59),
        "BYSETPOS": listed(1, 5, signed=True),
    }
    # Of a first week that DTSTART cuts short, dateutil counts the positions from DTSTART.
    unfit = {"WEEKLY": {"BYMONTHDAY", "BYYEARDAY", "BYSETPOS"}, "YEARLY": set()}.get(freq, {"BYYEARDAY"})
    names = draw(st.sets(st.sampled_from(sorted(optional.keys() - unfit)), max_size=4))
    return ";".join([f"FREQ={freq}", *(f"{name}={draw(optional[name])}" for name in sorted(names))])


def text_of(recurrence: str, start: datetime) -> str:
    return f"DTSTART:{start:%Y%m%dT%H%M%S}\nRRULE:{recurrence}"


rrules: JSON = st.builds(
    lambda recurrence, start: {"kind": "rrule", "rrule": text_of(recurrence, start)}, recurrences(), walls
)
special_days = st.builds(
    lambda times, day, month, weekday: {
        "kind": "cron",
        "expression": f"{times} {day} {month} {weekday}",
    },
    st.sampled_from(["0 9", "*/7 *", "H H", "H/9 1-5/2", "30 0 9", "* * *", "*/5 1,2 0-9", "5 22-2"]),
    st.sampled_from(["*", "?", "L", "L-3", "LW", "15W,L", "1-5,20W", "*/3", "31"]),
    st.sampled_from(["*", "1-3", "*/5", "FEB,DEC", "11-2"]),
    st.sampled_from(["*", "7", "FRI-MON", "MON#2,FRIL", "*/2", "1-5", "MON#5"]),
)
plain_crons = st.builds(
    lambda cron: {"kind": "cron", "expression": cron.text, "day_match": cron.day_match}, crons()
)
others: JSON = st.one_of(
    st.builds(
        lambda every, anchor: {"kind": "interval", "every_seconds": every, "anchor": anchor.isoformat()},
        seconds,
        instants,
    ),
    seconds.map(lambda delay: {"kind": "after_completion", "delay_seconds": delay}),
    st.one_of(walls, instants).map(lambda at: {"kind": "one_time", "at": at.isoformat()}),
    st.lists(st.one_of(walls, instants), min_size=1, max_size=9).map(
        lambda dates: {"kind": "dates", "dates": [at.isoformat() for at in dates]}
    ),
)
any_rule: JSON = st.one_of(plain_crons, special_days, rrules, others)
