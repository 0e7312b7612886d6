"""What holds for every cron in every zone, with an oracle as the judge."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schedules.recurrence import Cron, InvalidCron, fires, next_fire, parse_cron
from tests.schedules.recurrence import oracle
from tests.schedules.recurrence.oracle import Expected
from tests.schedules.recurrence.strategies import Part, crons, fields, gaps, moments, overlaps, zones

FIELDS = {"expression", "second", "minute", "hour", "day of month", "month", "day of week"}
WINDOW = timedelta(days=3)
quick = settings(max_examples=150, deadline=None)


def parsed(cron: Expected) -> Cron:
    """Parse a drawn cron; days that never meet are none of these tests' business."""
    try:
        return parse_cron(cron.text, day_match=cron.day_match)
    except InvalidCron as refusal:
        assume("never fires" not in refusal.problem)
        raise


@settings(max_examples=250, deadline=None)
@given(cron=crons(), zone=zones, gap=gaps, overlap=overlaps, data=st.data())
def test_the_oracle_finds_the_same_runs(
    cron: Expected, zone: ZoneInfo, gap: str, overlap: str, data: st.DataObject
) -> None:
    after = data.draw(moments(zone))

    found = fires(parsed(cron), zone=zone, after=after, gap=gap, overlap=overlap)

    start = after + timedelta.resolution
    assert list(takewhile(lambda run: run <= after + WINDOW, found)) == oracle.runs(
        cron, zone, start=start, end=after + WINDOW, gap=gap, overlap=overlap
    )


@quick
@given(cron=crons(), zone=zones, gap=gaps, overlap=overlaps, data=st.data())
def test_runs_are_later_than_asked_and_strictly_increase(
    cron: Expected, zone: ZoneInfo, gap: str, overlap: str, data: st.DataObject
) -> None:
    after = data.draw(moments(zone))

    found = list(islice(fires(parsed(cron), zone=zone, after=after, gap=gap, overlap=overlap), 200))

    assert all(earlier < later for earlier, later in pairwise([after, *found]))
    assert all(run.tzinfo is UTC for run in found)


@quick
@given(cron=crons(), zone=zones, gap=gaps, overlap=overlaps, data=st.data())
def test_asking_run_by_run_gives_the_stream(
    cron: Expected, zone: ZoneInfo, gap: str, overlap: str, data: st.DataObject
) -> None:
    rule, at = parsed(cron), data.draw(moments(zone))
    stream = list(islice(fires(rule, zone=zone, after=at, gap=gap, overlap=overlap), 60))

    one_by_one = []
    for _ in stream:
        run = next_fire([rule], zone=zone, after=at, gap=gap, overlap=overlap)
        assert run is not None
        at = run
        one_by_one.append(run)

    assert one_by_one == stream


@quick
@given(cron=crons(), zone=zones, data=st.data())
def test_every_run_of_an_elapsed_rule_shows_its_fields(
    cron: Expected, zone: ZoneInfo, data: st.DataObject
) -> None:
    assume(cron.elapsed)

    found = islice(fires(parsed(cron), zone=zone, after=data.draw(moments(zone))), 200)

    assert all(cron.matches(run.astimezone(zone).replace(tzinfo=None)) for run in found)


@quick
@given(
    zone=zones,
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    gap=st.sampled_from(["at_gap_end", "shift"]),
    overlap=st.sampled_from(["first", "second"]),
    data=st.data(),
)
def test_a_daily_time_runs_once_for_each_local_day(
    *, zone: ZoneInfo, hour: int, minute: int, gap: str, overlap: str, data: st.DataObject
) -> None:
    """Counted from noon, which no transition since 1970 has moved, to noon."""
    day = data.draw(moments(zone)).astimezone(zone).date()
    noon = datetime(day.year, day.month, day.day, 12)  # noqa: DTZ001
    wall = noon.replace(hour=hour, minute=minute) + timedelta(days=hour < 12 or (hour, minute) == (12, 0))
    start, end = (oracle.instants_of(at, zone) for at in (noon, noon + timedelta(days=1)))
    assume(start and end and start[-1].year >= 1970)

    found = fires(parse_cron(f"{minute} {hour} * * *"), zone=zone, after=start[-1], gap=gap, overlap=overlap)
    runs = list(takewhile(lambda run: run <= end[-1], found))

    assert len(runs) == 1
    shown = oracle.instants_of(wall, zone)
    assert not shown or runs[0] == shown[0 if overlap == "first" else -1]


@quick
@given(minute=fields(0, 59), hour=fields(0, 23), zone=zones, data=st.data())
def test_around_a_transition_an_elapsed_rule_pauses_for_less_than_two_steps(
    minute: Part, hour: Part, zone: ZoneInfo, data: st.DataObject
) -> None:
    """A step here is the longest pause on the clock; at the least, no pause is longer than it elsewhere."""
    assume(minute[0].startswith("*") or hour[0].startswith("*"))
    rule = parse_cron(f"{minute[0]} {hour[0]} * * *")
    times = sorted(timedelta(hours=h, minutes=m) for h in hour[1] for m in minute[1])
    step = max(later - earlier for earlier, later in pairwise([*times, times[0] + timedelta(days=1)]))

    found = list(islice(fires(rule, zone=zone, after=data.draw(moments(zone))), 300))

    for earlier, later in pairwise(found):
        moved = later.astimezone(zone).utcoffset() != earlier.astimezone(zone).utcoffset()
        assert later - earlier < 2 * step if moved else later - earlier <= step


@quick
@given(cron=crons(), data=st.data())
def test_the_canonical_form_fires_alike(cron: Expected, data: st.DataObject) -> None:
    rule = parsed(cron)
    again = parse_cron(rule.canonical, day_match=cron.day_match)
    zone = data.draw(zones)
    after = data.draw(moments(zone))

    assert again.canonical == rule.canonical
    assert list(islice(fires(again, zone=zone, after=after), 30)) == list(
        islice(fires(rule, zone=zone, after=after), 30)
    )


@settings(max_examples=500, deadline=None)
@given(text=st.text(alphabet="0123456789*/,-?LWH#()~R@ SUNMOJAFEB", max_size=40))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        rule = parse_cron(text)
    except InvalidCron as refusal:
        named = refusal.field
    else:
        named = "expression"
        assert next_fire([rule], zone="UTC", after=datetime(2026, 1, 1, tzinfo=UTC)) is not None

    assert named in FIELDS
