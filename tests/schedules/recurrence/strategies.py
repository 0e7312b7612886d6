"""Hypothesis strategies: crons with their meaning, real zones, instants near transitions."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

from schedules.recurrence import Gap, Overlap
from tests.schedules.recurrence.oracle import Expected, transitions

# "localtime" is the host's own zone, which a schedule may not name.
ZONES = sorted(available_timezones() - {"localtime"})
RESTLESS = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Antarctica/Vostok",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Kwajalein",
]

zones = st.one_of(st.sampled_from(RESTLESS), st.sampled_from(ZONES)).map(ZoneInfo)
gaps = st.sampled_from([str(gap) for gap in Gap])
overlaps = st.sampled_from([str(overlap) for overlap in Overlap])
instants = st.integers(0, 130 * 365 * 86_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))

Part = tuple[str, frozenset[int]]


@st.composite
def moments(draw: st.DrawFn, zone: ZoneInfo) -> datetime:
    """Draw an instant, more often than not within a day and a half of a transition of `zone`."""
    changes = transitions(zone)
    if not changes or draw(st.integers(0, 3)) == 0:
        return draw(instants)
    return draw(st.sampled_from(changes)) + timedelta(seconds=draw(st.integers(-130_000, 130_000)))


@st.composite
def parts(draw: st.DrawFn, low: int, high: int) -> Part:
    """Draw one item of a field as text and as the values that it means."""
    first, last = draw(st.integers(low, high)), draw(st.integers(low, high))
    step = draw(st.integers(1, high))
    around = [first]
    while around[-1] != last:
        around.append(low if around[-1] == high else around[-1] + 1)
    choices: list[Part] = [
        ("*", frozenset(range(low, high + 1))),
        (f"*/{step}", frozenset(range(low, high + 1, step))),
        (f"{first}", frozenset({first})),
        (f"{first}-{last}", frozenset(around)),
        (f"{first}-{last}/{step}", frozenset(around[::step])),
    ]
    return draw(st.sampled_from(choices))


@st.composite
def fields(draw: st.DrawFn, low: int, high: int) -> Part:
    chosen = draw(st.lists(parts(low, high), min_size=1, max_size=3))
    return ",".join(text for text, _ in chosen), frozenset().union(*(values for _, values in chosen))


def often_all(low: int, high: int) -> st.SearchStrategy[Part]:
    """Leave the field open most of the time, so that runs are not too rare to test."""
    everything: Part = ("*", frozenset(range(low, high + 1)))
    return st.one_of(st.just(everything), st.just(everything), fields(low, high))


@st.composite
def crons(draw: st.DrawFn) -> Expected:
    minute, hour = draw(fields(0, 59)), draw(fields(0, 23))
    day, month, weekday = draw(often_all(1, 31)), draw(often_all(1, 12)), draw(often_all(0, 6))
    return Expected(
        text=" ".join(text for text, _ in (minute, hour, day, month, weekday)),
        minutes=minute[1],
        hours=hour[1],
        days=day[1],
        months=month[1],
        weekdays=weekday[1],
        day_match=draw(st.sampled_from(["or", "and"])),
    )
