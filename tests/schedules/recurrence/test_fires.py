"""Several rules together, the ends of the search, and its speed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice, pairwise, takewhile
from time import perf_counter

import pytest

from schedules.recurrence import Interval, OneTime, Rule, fires, next_fire, parse_cron, union
from tests.schedules.recurrence.local import at

NOON = at("2026-06-01T12:00")
RARE = [
    ("0 0 29 2 1#5", "and"),
    ("0 0 29 2 */7", "or"),
    ("0 0 29W 2 *", "or"),
    ("*/30 2 L-28 2 MON#1", "and"),
    ("59 59 23 29 2 SUN", "and"),
]


def test_a_union_is_merged_in_order_and_without_repetition() -> None:
    rules: list[Rule] = [
        parse_cron("0 9,12 * * *"),
        parse_cron("0 12,15 * * *"),
        Interval(every=timedelta(hours=3), anchor=NOON),
    ]

    found = list(islice(union(rules, zone="UTC", after=at("2026-06-02T08:00")), 5))

    assert [run.hour for run in found] == [9, 12, 15, 18, 21]


def test_a_union_is_lazy() -> None:
    rules = [parse_cron("* * * * * *"), parse_cron("0-59 * * * * *")]

    found = union(rules, zone="Europe/Berlin", after=NOON)

    assert [run - NOON for run in islice(found, 3)] == [timedelta(seconds=n) for n in (1, 2, 3)]


def test_two_times_that_daylight_saving_brings_together_are_one() -> None:
    rules = [parse_cron("30 2 * * *"), parse_cron("0 3 * * *"), parse_cron("0 * * * *")]

    found = list(islice(union(rules, zone="Europe/Berlin", after=at("2026-03-29T01:00", "Europe/Berlin")), 2))

    assert found == [at("2026-03-29T03:00", "Europe/Berlin"), at("2026-03-29T04:00", "Europe/Berlin")]


def test_the_next_fire_is_the_earliest_of_all_rules() -> None:
    rules: list[Rule] = [parse_cron("@yearly"), OneTime(at=at("2026-06-05T00:00")), parse_cron("@monthly")]

    assert next_fire(rules, zone="UTC", after=NOON) == at("2026-06-05T00:00")


def test_there_is_no_next_fire_when_all_rules_have_ended() -> None:
    assert next_fire([OneTime(at=NOON)], zone="UTC", after=NOON) is None
    assert next_fire([], zone="UTC", after=NOON) is None


@pytest.mark.parametrize("text", ["* * * * *", "0 0 29 2 *", "59 23 31 12 *"])
def test_a_stream_ends_at_the_horizon(text: str) -> None:
    found = list(fires(parse_cron(text), zone="America/New_York", after=at("2199-12-31T20:00")))

    assert all(run < at("2200-01-01T00:00") for run in found)


@pytest.mark.parametrize(
    "after", [datetime.max.replace(tzinfo=UTC), at("2200-01-01T00:00"), at("2500-01-01T00:00")]
)
def test_nothing_fires_beyond_the_horizon(after: datetime) -> None:
    assert next_fire([parse_cron("* * * * *")], zone="Asia/Tokyo", after=after) is None
    assert next_fire([Interval(every=timedelta(days=1), anchor=NOON)], zone="UTC", after=after) is None


def test_the_search_begins_in_1970() -> None:
    after = datetime.min.replace(tzinfo=UTC)

    assert next_fire([parse_cron("0 0 * * *")], zone="UTC", after=after) == at("1970-01-01T00:00")


def test_a_fraction_of_a_second_is_no_reason_to_fire_twice() -> None:
    rule = parse_cron("* * * * * *")
    start = at("2026-06-01T12:00:00.000001")

    assert next(fires(rule, zone="UTC", after=start)) == at("2026-06-01T12:00:01")
    assert next(fires(rule, zone="UTC", after=NOON - timedelta.resolution)) == NOON


def test_leap_days_on_mondays_are_28_years_apart() -> None:
    rule = parse_cron("0 0 29 2 1#5", day_match="and")

    found = list(fires(rule, zone="UTC", after=at("2000-01-01T00:00")))

    assert [run.year for run in found] == [2016, 2044, 2072, 2112, 2140, 2168, 2196]
    assert all(run.weekday() == 0 for run in found)


@pytest.mark.parametrize(("text", "day_match"), RARE)
@pytest.mark.parametrize("zone", ["UTC", "Africa/Casablanca", "Pacific/Apia"])
def test_a_rare_day_is_found_within_five_milliseconds(text: str, day_match: str, zone: str) -> None:
    rule = parse_cron(text, day_match=day_match)
    next_fire([rule], zone=zone, after=NOON)  # opens the zone's file

    for after in (NOON.replace(year=year) for year in (1970, 2020, 2073, 2097)):
        assert fastest(partial(next_fire, [rule], zone=zone, after=after)) < 0.005


SWALLOWED = [("*/60 2 * 3 0L", "at_gap_end"), ("* * 2 * 3 0L", "at_gap_end"), ("0-59 0-59 2 * 3 0L", "skip")]


@pytest.mark.parametrize(("text", "gap"), SWALLOWED)
def test_a_rule_that_the_gap_of_each_spring_swallows_is_given_up_within_five_milliseconds(
    text: str, gap: str
) -> None:
    rule = parse_cron(text)
    search = partial(next_fire, [rule], zone="Europe/Berlin", after=NOON, gap=gap)

    assert search() is None
    assert fastest(search) < 0.005


@pytest.mark.parametrize("text", ["*/20 2 * * *", "* * 2 * * *"])
def test_a_rule_that_one_gap_swallows_runs_on_the_next_day(text: str) -> None:
    after = at("2026-03-28T03:00", "Europe/Berlin")

    assert next_fire([parse_cron(text)], zone="Europe/Berlin", after=after) == at(
        "2026-03-30T02:00", "Europe/Berlin"
    )


def test_a_rule_within_the_gaps_runs_in_the_years_without_one() -> None:
    """Berlin had no summer time before 1980; New York had it from another Sunday on until 2006."""
    rule = parse_cron("*/30 2 8-14 3 SUN", day_match="and")

    berlin = list(
        islice(fires(parse_cron("30 */22 * 3 0L"), zone="Europe/Berlin", after=at("1979-03-01T00:00")), 3)
    )
    found = list(
        takewhile(
            lambda run: run.year < 2040, fires(rule, zone="America/New_York", after=at("2005-01-01T00:00"))
        )
    )

    assert [run.year for run in berlin] == [1979, 1979, 1980]
    assert [run.year for run in found] == [2005, 2005, 2006, 2006]


def test_a_dense_fixed_rule_is_fast_within_a_gap_of_a_day() -> None:
    rule = parse_cron("0-59 0-59 0-23 * * *")
    late = at("2011-12-31T23:00", "Pacific/Apia")

    found = list(islice(fires(rule, zone="Pacific/Apia", after=late, gap="shift"), 3))

    assert all(later - earlier == timedelta(seconds=1) for earlier, later in pairwise([late, *found]))
    assert fastest(lambda: next_fire([rule], zone="Pacific/Apia", after=late, gap="shift")) < 0.005


@pytest.mark.parametrize(
    "text", ["*/7 1-5/2 1,15,L 2-11/3 MON#1,FRIL", ",".join(["50-10/7"] * 28) + " H H(1-9) LW * *"]
)
def test_an_expression_is_parsed_within_a_millisecond(text: str) -> None:
    assert fastest(lambda: parse_cron(text)) < 0.001


def fastest(action: Callable[[], object]) -> float:
    """Return the least time of several, in seconds: a busy machine only ever adds to it."""
    spent = []
    for _ in range(7):
        start = perf_counter()
        action()
        spent.append(perf_counter() - start)
    return min(spent)
