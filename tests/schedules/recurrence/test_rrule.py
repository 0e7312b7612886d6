"""RRULE rules: the text of RFC 5545 on the wall clock, with python-dateutil as the judge."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from schedules.recurrence import InvalidRule, fires, next_fire, parse_rrule, rule_from_dict, rule_to_dict
from tests.schedules.recurrence.local import at, runs
from tests.schedules.recurrence.rules import recurrences, text_of, walls
from tests.schedules.recurrence.strategies import instants
from tests.schedules.recurrence.test_fires import fastest

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - a Monday
LONG_AGO = at("1970-01-01T00:00")
ALL_MINUTES = ",".join(map(str, range(60)))


def found(text: str, *, count: int = 5, zone: str = "UTC", after: datetime = LONG_AGO) -> list[str]:
    rule = parse_rrule(text, zone=ZoneInfo(zone), start=None if "DTSTART" in text else START)
    where = ZoneInfo(zone)
    return [
        f"{run.astimezone(where):%m-%d %H:%M}" for run in islice(fires(rule, zone=zone, after=after), count)
    ]


@settings(max_examples=300, deadline=None)
@given(recurrence=recurrences(), start=walls)
@example("FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=5", datetime(1996, 8, 31, 12))  # noqa: DTZ001
@example("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", datetime(1972, 1, 1))  # noqa: DTZ001
def test_dateutil_finds_the_same_times(recurrence: str, start: datetime) -> None:
    text = text_of(recurrence, start)
    try:
        rule = parse_rrule(text, zone=ZoneInfo("UTC"))
    except InvalidRule as refusal:
        assume("never fires" not in refusal.problem and "never comes" not in refusal.problem)
        raise

    ours = list(islice(rule.wall_times(start), 15))

    assert ours == list(islice(rrulestr(text), len(ours)))


@settings(max_examples=150, deadline=None)
@given(recurrence=recurrences(), start=walls)
def test_a_search_from_any_time_goes_on_with_the_stream(recurrence: str, start: datetime) -> None:
    try:
        rule = parse_rrule(text_of(recurrence, start), zone=ZoneInfo("UTC"))
    except InvalidRule:
        assume(False)

    stream = list(islice(rule.wall_times(start), 20))

    assert all(earlier < later for earlier, later in pairwise(stream))
    for n, wall in enumerate(stream[:-3]):
        assert list(islice(rule.wall_times(wall), 3)) == stream[n : n + 3]
        assert next(rule.wall_times(wall + timedelta.resolution)) == stream[n + 1]


@settings(max_examples=150, deadline=None)
@given(recurrence=recurrences(), start=walls, after=instants)
def test_the_next_time_of_any_accepted_rule_is_found_within_50_milliseconds(
    recurrence: str, start: datetime, after: datetime
) -> None:
    try:
        rule = parse_rrule(text_of(recurrence, start), zone=BERLIN)
    except InvalidRule:
        assume(False)

    assert fastest(partial(next_fire, [rule], zone="Europe/Berlin", after=after)) < 0.05


@pytest.mark.parametrize(
    "recurrence",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=HOURLY;INTERVAL=168;BYDAY=TU",
        "FREQ=HOURLY;INTERVAL=7;BYDAY=TU,FR,SU;BYHOUR=1,2",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=10",
        "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=1",
        "FREQ=MONTHLY;BYSETPOS=6;BYDAY=MO",
        "FREQ=WEEKLY;BYSETPOS=366",
        "FREQ=YEARLY;INTERVAL=10000;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=DAILY;UNTIL=20250101T000000",
    ],
)
def test_a_rule_that_never_fires_is_refused_within_50_milliseconds(recurrence: str) -> None:
    def refused() -> None:
        with pytest.raises(InvalidRule, match=r"never (fires|comes)"):
            parse_rrule(recurrence, zone=ZoneInfo("UTC"), start=START)

    assert fastest(refused) < 0.05


@pytest.mark.parametrize(
    "recurrence",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "FREQ=MINUTELY;INTERVAL=1439;BYHOUR=3;BYMINUTE=0;BYDAY=MO",
        f"FREQ=MINUTELY;BYSECOND={ALL_MINUTES}",
        f"FREQ=DAILY;BYMINUTE={ALL_MINUTES};BYHOUR={','.join(map(str, range(24)))}",
        f"FREQ=YEARLY;BYDAY=MO,SU;BYSETPOS=-1;BYMINUTE={ALL_MINUTES};BYHOUR={','.join(map(str, range(24)))}",
        "FREQ=DAILY;COUNT=3660",
        "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366",
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Apia", "Africa/Casablanca"])
def test_hostile_rules_are_read_and_searched_within_50_milliseconds(recurrence: str, zone: str) -> None:
    read = partial(parse_rrule, recurrence, zone=ZoneInfo(zone), start=datetime(1970, 1, 5))  # noqa: DTZ001

    assert fastest(read) < 0.05
    for year in (1970, 2011, 2026, 2097):
        after = datetime(year, 12, 29, 23, 7, 5, tzinfo=UTC)
        assert fastest(partial(next_fire, [read()], zone=zone, after=after, gap="shift")) < 0.05


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=DAILY;COUNT=2", ["01-05 09:00", "01-06 09:00"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3", ["01-05 09:00", "01-09 09:00", "01-12 09:00"]),
        ("rrule:freq=monthly;byday=-1fr;count=2", ["01-30 09:00", "02-27 09:00"]),
        ("FREQ=MONTHLY;BYDAY=MO,1TU;BYMONTH=3;COUNT=3", ["03-02 09:00", "03-03 09:00", "03-09 09:00"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["01-30 09:00", "02-27 09:00"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=2", ["01-07 09:00", "01-14 09:00"]),
        ("FREQ=DAILY;UNTIL=20260106", ["01-05 09:00", "01-06 09:00"]),
        ("FREQ=DAILY;UNTIL=20260106T085959", ["01-05 09:00"]),
        ("DTSTART:20260301T080000\nRRULE:FREQ=DAILY;COUNT=1", ["03-01 08:00"]),
        (
            "DTSTART;VALUE=DATE:20260301\nRRULE:FREQ=DAILY;COUNT=1\nRDATE:20260310",
            ["03-01 00:00", "03-10 00:00"],
        ),
        ("RRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260106T090000", ["01-05 09:00", "01-07 09:00"]),
        ("RRULE:FREQ=DAILY;COUNT=1\nRDATE:20260104T090000,20260105T090000", ["01-04 09:00", "01-05 09:00"]),
        ("RRULE:FREQ=DAILY;\n COUNT=1\n\n", ["01-05 09:00"]),
        ("FREQ=DAILY;BYDAY=TU;COUNT=1", ["01-06 09:00"]),
    ],
)
def test_a_text_means_these_times(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_days_after_new_year_belong_to_the_last_week_of_the_old_year() -> None:
    text = "DTSTART:19830101T000000\nRRULE:FREQ=YEARLY;BYWEEKNO=52;BYDAY=SA;COUNT=2"

    assert found(text) == ["01-01 00:00", "12-31 00:00"]


@pytest.mark.parametrize(
    ("day", "policies", "expected"),
    [
        ("2026-03-29", {}, ["03:00+0200"]),
        ("2026-03-29", {"gap": "skip"}, []),
        ("2026-03-29", {"gap": "shift"}, ["03:30+0200"]),
        ("2026-10-25", {}, ["02:30+0200"]),
        ("2026-10-25", {"overlap": "second"}, ["02:30+0100"]),
        ("2026-10-25", {"overlap": "both"}, ["02:30+0200", "02:30+0100"]),
    ],
)
def test_an_rrule_obeys_the_policies(day: str, policies: dict[str, Any], expected: list[str]) -> None:
    rule = parse_rrule("FREQ=DAILY", zone=BERLIN, start=datetime(2026, 1, 1, 2, 30))  # noqa: DTZ001

    assert runs(rule, "Europe/Berlin", day=day, **policies) == expected


def test_a_start_and_an_end_in_utc_go_onto_the_clock_of_the_zone() -> None:
    text = "DTSTART:20260105T080000Z\nRRULE:FREQ=DAILY;UNTIL=20260106T080000Z\nEXDATE:20260105T080000Z"

    assert found(text, zone="Europe/Berlin") == ["01-06 09:00"]


def test_an_end_in_utc_is_exact_within_an_overlap() -> None:
    text = "DTSTART:20261025T023000\nRRULE:FREQ=DAILY;UNTIL={}"

    rules = [parse_rrule(text.format(f"20261025T0{hour}3000Z"), zone=BERLIN) for hour in (0, 1)]

    both = [len(list(fires(rule, zone=BERLIN, after=LONG_AGO, overlap="both"))) for rule in rules]
    assert both == [1, 2]


def test_a_zone_in_the_text_may_repeat_that_of_the_schedule() -> None:
    text = "DTSTART;TZID=Europe/Berlin:20260105T090000\nRRULE:FREQ=DAILY;COUNT=1"

    assert found(text, zone="Europe/Berlin") == ["01-05 09:00"]


def test_without_a_start_the_rule_counts_from_the_creation_and_stays_there() -> None:
    created_at = at("2026-05-05T05:05:05.5")

    rule = rule_from_dict(
        {"kind": "rrule", "rrule": "FREQ=DAILY"}, zone="Europe/Berlin", created_at=created_at
    )

    stored = {"kind": "rrule", "rrule": "FREQ=DAILY", "start": "2026-05-05T07:05:05"}
    assert rule_to_dict(rule) == stored
    assert rule_from_dict(stored, zone="Europe/Berlin", created_at=at("2030-01-01T00:00")) == rule


def test_a_text_with_its_own_start_comes_back_as_it_was_stored() -> None:
    stored = {"kind": "rrule", "rrule": text_of("FREQ=DAILY", START)}

    rule = rule_from_dict(stored, created_at=at("2026-05-05T05:05"))

    assert rule_to_dict(rule) == stored


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "write up to 1000 characters"),
        ("FREQ=DAILY;BYHOUR=" + "9," * 600, "write up to 1000 characters"),
        (None, "write up to 1000 characters"),
        ("hello", "is not a part"),
        ("FREQ=DAILY;FREQ=DAILY", "stands twice"),
        ("COUNT=5", "write FREQ=YEARLY"),
        ("FREQ=FORTNIGHTLY", "write FREQ=YEARLY"),
        ("FREQ=SECONDLY", "interval rule"),
        ("FREQ=DAILY;BYEASTER=0", "BYEASTER"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL: write a whole number from 1 to 10000"),
        ("FREQ=DAILY;INTERVAL=99999999999999", "INTERVAL"),
        ("FREQ=DAILY;COUNT=1000000", "COUNT: write a whole number from 1 to 3660"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "cannot stand together"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20260230T000000", "UNTIL"),
        ("FREQ=DAILY;UNTIL=99991231T000000", "year"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR: write numbers from 0 to 23"),
        ("FREQ=DAILY;BYHOUR=", "BYHOUR"),
        ("FREQ=DAILY;BYSECOND=60", "BYSECOND"),
        ("FREQ=DAILY;BYMONTHDAY=0", "BYMONTHDAY: write numbers from 1 to 31, or -31 to -1"),
        ("FREQ=DAILY;BYDAY=XX", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=2MO", "needs FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY"),
        ("FREQ=YEARLY;BYDAY=54MO", "BYDAY"),
        ("FREQ=DAILY;WKST=XX", "WKST"),
        (f"FREQ=DAILY;BYMINUTE={ALL_MINUTES};BYSECOND={ALL_MINUTES}", "more than 1440 times"),
        ("FREQ=DAILY\nRRULE:FREQ=WEEKLY", "write one RRULE"),
        ("RDATE:20260105T090000", "write one RRULE"),
        ("RRULE;X=1:FREQ=DAILY", "no parameters"),
        ("RRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY", "EXDATE"),
        ("RRULE:FREQ=DAILY\nDTEND:20260105T090000", "leave it out"),
        ("RRULE:FREQ=DAILY\nSUMMARY:tea", "'SUMMARY' is not known"),
        ("DTSTART:20260105\nDTSTART:20260106\nRRULE:FREQ=DAILY", "write one start"),
        ("DTSTART;TZID=Europe/Paris:20260105T090000\nRRULE:FREQ=DAILY", "leave TZID out"),
        ("DTSTART:19000101T000000\nRRULE:FREQ=DAILY", "year"),
        ("DTSTART:20260105T090000\nRRULE:FREQ=DAILY\nEXDATE:20260106", "EXDATE:20260106T090000"),
        ("RRULE:FREQ=DAILY\nRDATE;VALUE=PERIOD:20260105T090000/PT1H", "VALUE=PERIOD"),
    ],
)
def test_a_refusal_says_what_to_write(text: object, word: str) -> None:
    with pytest.raises(InvalidRule) as refusal:
        rule_from_dict({"kind": "rrule", "rrule": text}, created_at=at("2026-01-01T00:00"))

    assert refusal.value.field == "rrule"
    assert word in refusal.value.problem
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"rrule": "FREQ=DAILY"}, "start"),
        ({"rrule": "FREQ=DAILY", "start": "soon"}, "start"),
        ({"rrule": text_of("FREQ=DAILY", START), "start": "2026-01-05T09:00:00"}, "start"),
        ({"rrule": "FREQ=DAILY", "begin": "2026-01-05T09:00:00"}, "begin"),
    ],
)
def test_a_wrong_start_is_named(data: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRule) as refusal:
        rule_from_dict({"kind": "rrule", **data})

    assert refusal.value.field == field


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="FREQDAILYMONTHBYSCUP=;,:-+0123456789TZ\n ", max_size=80))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    for each in (text, f"FREQ=DAILY;{text}", f"RRULE:FREQ=MONTHLY\n{text}"):
        try:
            rule = parse_rrule(each, zone=BERLIN, start=None if "DTSTART" in each else START)
        except InvalidRule as refusal:
            named = refusal.field
        else:
            named = "rrule"
            assert next_fire([rule], zone=BERLIN, after=LONG_AGO) is not None

        assert named in {"rrule", "start"}


def test_a_search_begins_after_the_given_instant() -> None:
    assert found("FREQ=DAILY", count=1, after=at("2026-02-01T09:00")) == ["02-02 09:00"]


def test_an_rrule_ends_at_the_horizon() -> None:
    rule = parse_rrule("FREQ=YEARLY", zone=BERLIN, start=START)

    last = list(fires(rule, zone=BERLIN, after=at("2190-01-01T00:00")))[-1]

    assert last.astimezone(BERLIN) == at("2199-01-05T09:00", "Europe/Berlin")
    assert last + timedelta(days=400) > at("2200-01-01T00:00")
