"""Hypothesis strategies: crons with their meaning, real zones, instants near transitions."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

from schedules.recurrence import Gap, Overlap
from tests.schedules.recurrence.oracle import Expected, Special, transitions

# "localtime" is the host's own zone, which a schedule may not name.
ZONES = sorted(available_timezones() - {"localtime"})
RESTLESS = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "America/Caracas",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Antarctica/Vostok",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Kwajalein",
]
WEEKDAYS = ("SUN", "mon", "Tue", "wEd", "THU", "fri", "SAT")

zones = st.one_of(st.sampled_from(RESTLESS), st.sampled_from(ZONES)).map(ZoneInfo)
gaps = st.sampled_from([str(gap) for gap in Gap])
overlaps = st.sampled_from([str(overlap) for overlap in Overlap])
instants = st.integers(0, 130 * 365 * 86_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))

Part = tuple[str, frozenset[int]]
Field = tuple[str, frozenset[int], tuple[Special, ...]]


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
        (f"0{first}", frozenset({first})),
        (f"{first}-{last}", frozenset(around)),
        (f"{first}-{last}/{step}", frozenset(around[::step])),
    ]
    return draw(st.sampled_from(choices))


@st.composite
def fields(draw: st.DrawFn, low: int, high: int) -> Part:
    chosen = draw(st.lists(parts(low, high), min_size=1, max_size=3))
    return ",".join(text for text, _ in chosen), frozenset().union(*(values for _, values in chosen))


@st.composite
def days_of_month(draw: st.DrawFn) -> tuple[str, Special]:
    kind, n = draw(st.sampled_from(["L-n", "LW", "nW"])), draw(st.integers(1, 30))
    return {
        "L-n": (f"L-{n}", Special("L-n", n)),
        "LW": draw(st.sampled_from([("LW", Special("LW")), ("l", Special("L-n"))])),
        "nW": (f"{n}w", Special("nW", n)),
    }[kind]


@st.composite
def days_of_week(draw: st.DrawFn) -> tuple[str, Special]:
    kind, n, weekday = draw(st.sampled_from(["d#n", "dL"])), draw(st.integers(1, 5)), draw(st.integers(0, 6))
    written = draw(st.sampled_from([str(weekday or 7), WEEKDAYS[weekday]]))
    text = f"{written}#{n}" if kind == "d#n" else f"{written}L"
    return text, Special(kind, n, weekday)


@st.composite
def day_fields(
    draw: st.DrawFn, low: int, high: int, *, special: st.SearchStrategy[tuple[str, Special]]
) -> Field:
    """Leave the field open half of the time, so that runs are not too rare to test."""
    if draw(st.booleans()):
        return draw(st.sampled_from(["*", "?"])), frozenset(range(low, high + 1)), ()
    plain = draw(st.lists(parts(low, high), max_size=2))
    specials = draw(st.lists(special, min_size=not plain, max_size=2))
    text = ",".join(draw(st.permutations([*(text for text, _ in plain), *(text for text, _ in specials)])))
    return text, frozenset().union(*(values for _, values in plain)), tuple(one for _, one in specials)


def months() -> st.SearchStrategy[Part]:
    everything: Part = ("*", frozenset(range(1, 13)))
    return st.one_of(st.just(everything), st.just(everything), fields(1, 12))


@st.composite
def crons(draw: st.DrawFn) -> Expected:
    second = draw(st.one_of(st.none(), st.none(), parts(0, 59)))
    minute, hour, month = draw(fields(0, 59)), draw(fields(0, 23)), draw(months())
    day = draw(day_fields(1, 31, special=days_of_month()))
    weekday = draw(day_fields(0, 6, special=days_of_week()))
    if second and len(second[1]) * len(minute[1]) * len(hour[1]) > 2_000:
        second = None  # the oracle looks at each of them
    texts = [field[0] for field in (minute, hour, day, month, weekday)]
    return Expected(
        text=" ".join([second[0], *texts] if second else texts),
        seconds=second[1] if second else frozenset({0}),
        minutes=minute[1],
        hours=hour[1],
        days=day[1],
        months=month[1],
        weekdays=weekday[1],
        specials=(*day[2], *weekday[2]),
        day_match=draw(st.sampled_from(["or", "and"])),
    )
