"""Every kind of transition that any zone has had since 1970, or will have until 2037."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from itertools import islice, pairwise, product, takewhile
from zoneinfo import ZoneInfo

import pytest

from schedules.recurrence import Cron, fires, next_fire, parse_cron
from schedules.recurrence.zones import gap_end
from tests.schedules.recurrence import oracle
from tests.schedules.recurrence.oracle import Expected
from tests.schedules.recurrence.strategies import ZONES
from tests.schedules.recurrence.test_zones import zone_file

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WHOLE_DAY = range(24)

GAPS = ("at_gap_end", "skip", "shift")
OVERLAPS = ("first", "second", "both")


@dataclass(frozen=True)
class Change:
    """A transition: its instant, and the offsets before and from it on."""

    name: str
    at: datetime
    before: timedelta
    after: timedelta

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.name)

    @property
    def length(self) -> timedelta:
        """Return by how much the clock goes forward; negative if it goes back."""
        return self.after - self.before

    @property
    def first(self) -> datetime:
        """Return the first local time that is missing or repeated."""
        return (self.at + min(self.before, self.after)).replace(tzinfo=None)

    @property
    def last(self) -> datetime:
        """Return the last minute that is missing or repeated."""
        beyond = (self.at + max(self.before, self.after)).replace(tzinfo=None)
        return (beyond - timedelta(seconds=1)).replace(second=0)

    @property
    def middle(self) -> datetime:
        return (self.first + abs(self.length) / 2).replace(second=0, microsecond=0)

    @property
    def minutes(self) -> list[datetime]:
        """Return minutes at the edges of what is missing or repeated, and within."""
        first = self.first.replace(second=0)
        return [first - MINUTE, first, self.middle, self.last, self.last + MINUTE]

    @property
    def policies(self) -> list[dict[str, str]]:
        if self.length > timedelta(0):
            return [{"gap": gap, "overlap": "first"} for gap in GAPS]
        return [{"gap": "at_gap_end", "overlap": overlap} for overlap in OVERLAPS]


@cache
def distinct_zones() -> list[str]:
    """Return one name for each zone that differs from the others in its file."""
    return list({zone_file(name).read_bytes(): name for name in reversed(ZONES)}.values())


@cache
def changes(area: str) -> list[Change]:
    """Return, for each zone of an area, the first and last of each kind of transition it has.

    The kind is the length of the step and the time of day at which it comes.
    """
    found = []
    for name in distinct_zones():
        if name.partition("/")[0] == area:
            every = [change for change in _changes(name) if change.at.year < 2038]
            first = {(change.length, change.first.time()): change for change in reversed(every)}
            last = {(change.length, change.first.time()): change for change in every}
            found += sorted({*first.values(), *last.values()}, key=lambda change: change.at)
    return found


def _changes(name: str) -> Iterator[Change]:
    zone = ZoneInfo(name)
    for at in oracle.transitions(zone):
        before = (at - timedelta(seconds=1)).astimezone(zone).utcoffset()
        after = at.astimezone(zone).utcoffset()
        assert before is not None
        assert after is not None
        yield Change(name, at, before, after)


AREAS = sorted({name.partition("/")[0] for name in distinct_zones()})
areas = pytest.mark.parametrize("area", AREAS)


def daily(walls: list[datetime]) -> Expected:
    """Return a fixed rule that runs, each day, at the times of `walls` and others of their hours."""
    minutes, hours = ({getattr(wall, unit) for wall in walls} for unit in ("minute", "hour"))
    text = f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *"
    return Expected(text, minutes=frozenset(minutes), hours=frozenset(hours))


def on_the_day(walls: list[datetime]) -> Expected:
    """Return the same, on the dates of `walls` alone."""
    every_day = daily(walls)
    days, months = ({getattr(wall, unit) for wall in walls} for unit in ("day", "month"))
    return Expected(
        f"{' '.join(every_day.text.split()[:2])} {','.join(map(str, days))} {','.join(map(str, months))} *",
        minutes=every_day.minutes,
        hours=every_day.hours,
        days=frozenset(days),
        months=frozenset(months),
    )


def until(end: datetime, found: Iterator[datetime]) -> list[datetime]:
    return list(takewhile(lambda run: run <= end, found))


def test_the_kinds_include_the_strange_ones() -> None:
    """A day that is skipped, two hours, half an hour, 44 minutes 30 seconds, a quarter; midnights."""
    found = {(change.length, change.first.time()) for area in AREAS for change in changes(area)}
    lengths = {abs(length) for length, _ in found}

    assert {timedelta(hours=24), timedelta(hours=2), 30 * MINUTE, timedelta(seconds=2670)} <= lengths
    assert {(HOUR, time(0)), (-HOUR, time(23)), (15 * MINUTE, time(0))} <= found
    assert len(found) > 50


@areas
def test_a_fixed_rule_meets_each_transition_as_its_policies_say(area: str) -> None:
    for change in changes(area):
        for cron in (daily(change.minutes), on_the_day(change.minutes)):
            start, end, rule = change.at - DAY, change.at + DAY, parse_cron(cron.text)
            for policies in change.policies:
                stream = fires(rule, zone=change.zone, after=start - timedelta.resolution, **policies)
                expected = oracle.runs(cron, change.zone, start=start, end=end, **policies)

                assert (change, policies, until(end, stream)) == (change, policies, expected)


@areas
def test_a_daily_time_runs_once_for_each_day_whatever_the_transition(area: str) -> None:
    """Over four local days, from noon to noon; neither noon is ever in a transition."""
    for change in changes(area):
        for wall, policies in product((change.first, change.middle, change.last), change.policies):
            rule = parse_cron(f"{wall.minute} {wall.hour} * * *")
            start, end = (noon(change, days=days) for days in (-2, 2))

            found = until(end, fires(rule, zone=change.zone, after=start, **policies))

            assert (change, policies, len(found)) == (
                change,
                policies,
                runs_in_four_days(change, wall, policies),
            )


def noon(change: Change, *, days: int) -> datetime:
    day = change.first.date() + days * DAY
    [at] = oracle.instants_of(datetime.combine(day, time(12)), change.zone)
    return at


def runs_in_four_days(change: Change, wall: datetime, policies: dict[str, str]) -> int:
    """Return one run for each day, and one less or more for what a gap drops or an overlap repeats."""
    if oracle.instants_of(wall.replace(second=0), change.zone) == []:
        # The time of a day that is skipped whole becomes that of the next day, or its midnight.
        merged = change.length == DAY and (policies["gap"] == "shift" or wall.time() == time(0))
        return 4 - (policies["gap"] == "skip" or merged)
    repeated = len(oracle.instants_of(wall.replace(second=0), change.zone)) == 2
    return 4 + (repeated and policies["overlap"] == "both")


@areas
def test_a_search_from_anywhere_near_a_transition_goes_on_where_the_stream_is(area: str) -> None:
    for number, change in enumerate(changes(area)):
        rule = parse_cron(daily(change.minutes).text)
        policies = change.policies[number % 3]
        stream = list(islice(fires(rule, zone=change.zone, after=change.at - DAY, **policies), 40))
        second = timedelta(seconds=1)
        moments = [*stream[::3], *(change.at + n * second for n in (-1801, -1, 0, 1, 1799, 7201))]

        assert all(earlier < later for earlier, later in pairwise(stream))
        for after in moments:
            later = [run for run in stream if run > after]
            found = next_fire([rule], zone=change.zone, after=after, **policies)
            assert (change, policies, after, found) == (change, policies, after, later[0] if later else found)


@areas
def test_the_end_of_a_gap_is_found_from_anywhere_in_it_and_nowhere_else(area: str) -> None:
    second = timedelta(seconds=1)
    for change in changes(area):
        end = change.first + abs(change.length)
        in_a_gap = end if change.length > timedelta(0) else None

        for wall in (change.first, change.middle, end - second):
            assert (change, gap_end(change.zone, wall)) == (change, in_a_gap)
        for wall in (change.first - second, end):
            assert (change, gap_end(change.zone, wall)) == (change, None)


@dataclass(frozen=True)
class Pattern:
    """An elapsed rule whose runs are evenly spaced on the clock, but at the ends of hours or days.

    Attributes:
        step: the longest pause between runs on the clock.
        period: after which the pattern on the clock is the same again.
    """

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    step: timedelta
    period: timedelta

    @classmethod
    def minutely(cls, step: int) -> "Pattern":
        period = step if 60 % step == 0 else 60
        minutes = frozenset(range(0, 60, step))
        return cls(f"*/{step} * * * *", minutes, frozenset(WHOLE_DAY), step * MINUTE, period * MINUTE)

    @classmethod
    def hourly(cls, step: int, *, minute: int) -> "Pattern":
        period = step if 24 % step == 0 else 24
        hours = frozenset(range(0, 24, step))
        return cls(f"{minute} */{step} * * *", frozenset({minute}), hours, step * HOUR, period * HOUR)

    @cached_property
    def rule(self) -> Cron:
        return parse_cron(self.text)

    def shown_on(self, wall: datetime) -> bool:
        return wall.minute in self.minutes and wall.hour in self.hours


PATTERNS = [
    *(Pattern.minutely(step) for step in (1, 5, 7, 10, 15, 20, 30, 45)),
    *(Pattern.hourly(step, minute=minute) for step, minute in ((1, 0), (1, 47), (2, 30), (3, 0), (5, 59))),
]


@areas
def test_an_elapsed_rule_runs_whenever_the_clock_shows_its_fields(area: str) -> None:
    """Judged by looking at the clock of every minute around the transition."""
    for change in changes(area):
        clock = list(minutes_of_the_clock(change, reach=3 * HOUR))
        for pattern in PATTERNS:
            found = fires(pattern.rule, zone=change.zone, after=clock[0][0] - timedelta.resolution)
            expected = [at for at, wall in clock if pattern.shown_on(wall)]

            assert (change, pattern, until(clock[-1][0], found)) == (change, pattern, expected)


def minutes_of_the_clock(change: Change, *, reach: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Yield each instant at which the clock shows a whole minute, and what it shows."""
    for offset, start, end in (
        (change.before, change.at - reach, change.at),
        (change.after, change.at, change.at + reach),
    ):
        wall = (start + offset).replace(tzinfo=None, second=0)
        while (at := wall.replace(tzinfo=UTC) - offset) < end:
            if at >= start:
                yield at, wall
            wall += MINUTE


@areas
def test_no_hole_is_longer_than_the_step_where_the_clock_moves_by_whole_patterns(area: str) -> None:
    """And it is shorter than two steps in any case: decision 9."""
    for change, pattern in product(changes(area), PATTERNS):
        found = fires(pattern.rule, zone=change.zone, after=change.at - 2 * pattern.step)
        runs = until(change.at + 2 * pattern.step, found)
        longest = max(later - earlier for earlier, later in pairwise(runs))

        if change.length % pattern.period == timedelta(0):
            assert (change, pattern.text, longest) <= (change, pattern.text, pattern.step)
        assert longest < 2 * pattern.step, (change, pattern)


def test_every_zone_is_visited() -> None:
    visited = {change.name for area in AREAS for change in changes(area)}
    still = {name for name in distinct_zones() if not oracle.transitions(ZoneInfo(name))}

    assert visited | still == set(distinct_zones())
    assert len(visited) > 300


@pytest.mark.parametrize(
    ("name", "missing"), [("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kwajalein", date(1993, 8, 21))]
)
def test_a_skipped_day_has_no_runs_and_the_days_around_it_have_theirs(name: str, missing: date) -> None:
    after = datetime.combine(missing - 2 * DAY, time(0), tzinfo=ZoneInfo(name))

    found = list(islice(fires(parse_cron("0 9,17 * * *"), zone=name, after=after, gap="skip"), 6))

    days = [run.astimezone(ZoneInfo(name)).date() for run in found]
    assert days == [missing + n * DAY for n in (-2, -2, -1, -1, 1, 1)]
