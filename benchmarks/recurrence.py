"""`python -m benchmarks.recurrence`: what cron costs, alone; no server is started.

Each figure is the least of several repetitions: other work on the machine only ever adds to it.
"The largest" names the expression, zone and start that cost most.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from time import perf_counter
from zoneinfo import ZoneInfo

from benchmarks.figures import Figure, Subject
from benchmarks.table import table
from schedules.recurrence import Cron, InvalidCron, next_fire, parse_cron, zone_named, zones

SEED = 20_260_601
EXPRESSIONS = 300
REPETITIONS = 5
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
)
STARTS = tuple(datetime(year, 3, 27, 23, 59, 58, tzinfo=UTC) for year in (1970, 2011, 2026, 2037, 2073, 2100))
RESTLESS = ("Africa/Cairo", "America/Sao_Paulo", "Antarctica/Troll", "Asia/Gaza", "Europe/Lisbon")

# Rare days, days that meet once in decades, dense rules, and rules that fall into the gap of every spring.
HARD = (
    ("0 0 29 2 MON", "and"),
    ("0 0 29 2 1#5", "and"),
    ("0 0 29W 2 MON", "and"),
    ("0 0 L 2 SUN#5", "and"),
    ("59 59 23 29 2 SAT", "and"),
    ("* * 29 2 1#5", "and"),
    ("0 0 L-30 * *", "or"),
    ("0 0 31W 12 SUN,5", "and"),
    ("0 0 * 2 0#5", "or"),
    ("0 0 30-2 2 *", "or"),
    ("* * * * * *", "or"),
    ("0-59 0-59 0-23 * * *", "or"),
    ("59-58 59-58 23-22 * * *", "or"),
    ("* * 2 * 3 0L", "or"),
    ("*/60 2 25-31 3 SUN", "and"),
    ("*/60 2 8-14 3 SUN", "and"),
    ("* 0 * * *", "or"),
    ("*/59 0 24-30 4 FRI", "and"),
    ("*/7,H H/5 1W,15W,LW,L-3 FEB-DEC/3 MON#1,FRIL", "or"),
)
LONG = (
    ",".join(["50-10/7"] * 28) + " H H(1-9) LW * *",
    "* * " + ",".join(f"{day}W" for day in range(1, 32)) + " * " + ",".join(f"{day}#5" for day in range(7)),
    "* * * * " + ",".join(f"{day}#{n}" for day in range(7) for n in range(1, 6)),
    "* * " + ",".join(f"L-{n}" for n in range(30)) + " * " + ",".join(f"{day}L" for day in range(7)),
    ",".join(["*/1"] * 61) + " * * * *",
    ",".join(["H"] * 120) + " * * * *",
    ",".join(["0-59"] * 48) + " * * * * *",
    "* * " + ",".join(["L-1,1W,LW"] * 24) + " * *",
)


@dataclass(frozen=True)
class Sample:
    """What was measured, in seconds."""

    what: str
    seconds: float


def measure() -> list[Figure]:
    """Return what parsing, the next fire and refusals take."""
    texts = [(text, "or") for text in (*_varied(random.Random(SEED)), *LONG)] + list(HARD)
    rules = [parse_cron(text, day_match=match, hash_key="benchmark") for text, match in texts]
    return [
        _figure("parse and validate", [_parsing(text, match) for text, match in texts]),
        _figure("next fire, warm", list(_fires(rules, ready=_nothing))),
        _figure("next fire, cold", list(_fires(rules[::5] + rules[-len(HARD) :], ready=_forget))),
        _figure("next fire, hard, warm", list(_hard(ready=_nothing))),
        _figure("next fire, hard, cold", list(_hard(ready=_forget))),
        _figure("refuse a hostile text", [_refusal(text) for text in _hostile()]),
    ]


def _varied(chance: random.Random) -> Iterator[str]:
    """Yield expressions of every kind that can be accepted, the same each time."""
    found = 0
    while found < EXPRESSIONS:
        fields = [_field(chance, 0, 59), _field(chance, 0, 23), *_days(chance)]
        seconds = [_field(chance, 0, 59)] if found % 4 == 0 else []
        text = " ".join([*seconds, *fields])
        try:
            parse_cron(text)
        except InvalidCron:
            continue
        found += 1
        yield text


def _field(chance: random.Random, low: int, high: int, *, special: Sequence[str] = ()) -> str:
    a, b, step = chance.randint(low, high), chance.randint(low, high), chance.randint(1, high)
    shapes = ["*", f"*/{step}", str(a), f"{a}-{b}", f"{a}-{b}/{step}", f"{a}/{step}", "H", "H/7", *special]
    return ",".join(chance.sample(shapes, chance.choice([1, 1, 1, 2, 3])))


def _days(chance: random.Random) -> list[str]:
    day = _field(chance, 1, 31, special=["L", "LW", "L-3", "15W", "31W"])
    weekday = _field(chance, 0, 6, special=["MON-FRI", "FRI-MON", "2#2", "5L", "SUN#5"])
    return [
        chance.choice(["*", "?", day]),
        chance.choice(["*", _field(chance, 1, 12)]),
        chance.choice(["*", weekday]),
    ]


def _hostile() -> list[str]:
    return [
        "," * 10_000,
        "9" * 5_000 + " * * * *",
        "9" * 200 + " * * * *",
        "*/" + "9" * 200 + " * * * x",
        "*,*/7,1-5,3-4," * 16 + "x * * * *",
        "* * 31 2,4,6,9,11" + ",11" * 70 + " *",
        "* * " + "30W," * 50 + "31W 2 *",
        "H(" * 80 + " * * * *",
        "\N{ARABIC-INDIC DIGIT FIVE} * * * *",
        "\x00 * * * *",
        "\ud800 * * * *",
    ]


def _parsing(text: str, match: str) -> Sample:
    return Sample(text, _least(lambda: parse_cron(text, day_match=match, hash_key="benchmark")))


def _refusal(text: str) -> Sample:
    def refused() -> None:
        try:
            parse_cron(text)
        except InvalidCron:
            return
        raise AssertionError(text)

    return Sample(repr(text[:20]), _least(refused))


def _fires(rules: Sequence[Cron], *, ready: Callable[[], None]) -> Iterator[Sample]:
    for rule, zone, start in product(rules, ZONES, STARTS):
        yield _search(rule, zone, start, gap="at_gap_end", ready=ready)


def _hard(*, ready: Callable[[], None]) -> Iterator[Sample]:
    """Yield the worst there is: rare days, also where the gap of each year swallows them."""
    for (text, match), zone in product(HARD, (*ZONES, *RESTLESS)):
        rule = parse_cron(text, day_match=match, hash_key="benchmark")
        for start, gap in product(STARTS, ("skip", "shift")):
            yield _search(rule, zone, start, gap=gap, ready=ready)


def _search(rule: Cron, zone: str, start: datetime, *, gap: str, ready: Callable[[], None]) -> Sample:
    what = f"{rule.text} ({rule.day_match}, {gap}), {zone}, {start.year}"
    seconds = _least(lambda: next_fire([rule], zone=zone, after=start, gap=gap), ready=ready)
    return Sample(what, seconds)


def _nothing() -> None:
    """Leave the caches as they are."""


def _forget() -> None:
    """Empty the caches, as in a new process: the next search opens the zone's file."""
    ZoneInfo.clear_cache()
    zone_named.cache_clear()
    zones.pieces.cache_clear()


def _least(action: Callable[[], object], *, ready: Callable[[], None] = _nothing) -> float:
    spent = []
    for _ in range(REPETITIONS):
        ready()
        start = perf_counter()
        action()
        spent.append(perf_counter() - start)
    return min(spent)


def _figure(measure: str, samples: Sequence[Sample]) -> Figure:
    largest = max(samples, key=lambda sample: sample.seconds)
    microseconds = [sample.seconds * 1e6 for sample in samples]
    return Subject("recurrence: what cron costs, alone", "Horarium").many(
        measure, microseconds, "µs", note=largest.what[:90]
    )


if __name__ == "__main__":
    print(table(measure()))
