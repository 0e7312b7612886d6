"""What holds for all rules and calendars in every zone, with a slow judge."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.calendars import Calendar, Nominal, OnExcluded, observed
from schedules.recurrence import Gap, Overlap, fires, parse_cron
from tests.schedules.calendars import judge
from tests.schedules.calendars.strategies import calendars

START = datetime(2026, 3, 5, 4, 30, tzinfo=UTC)
END = datetime(2026, 5, 5, tzinfo=UTC)
MOST_SHIFT = timedelta(days=33)
STEPS = {
    OnExcluded.DROP: timedelta(),
    OnExcluded.NEXT_WORKING_DAY: timedelta(days=1),
    OnExcluded.PREVIOUS_WORKING_DAY: timedelta(days=-1),
}

# Their clocks jump in March, April or May 2026, Troll's by two hours, Lord Howe's by half of one.
zones = st.sampled_from(
    ["Europe/Berlin", "Africa/Casablanca", "Asia/Beirut", "Antarctica/Troll", "Australia/Lord_Howe", "UTC"]
).map(ZoneInfo)
texts = st.sampled_from(
    [
        "0 9 * * *",
        "30 2 * * *",
        "0 0 * * *",
        "15 0,23 * * *",
        "0 */5 * * *",
        "30 1-3 * * *",
        "0 12 * * MON,FRI",
        "0 8 1,15,L * *",
        "*/30 * * * *",
    ]
)


@dataclass(frozen=True)
class Case:
    text: str
    zone: ZoneInfo
    calendars: list[Calendar]
    on_excluded: OnExcluded
    gap: Gap
    overlap: Overlap

    def times(self, after: datetime) -> Iterator[datetime]:
        rule = parse_cron(self.text)
        return fires(rule, zone=self.zone, after=after, gap=self.gap, overlap=self.overlap)

    def observed(self, after: datetime) -> list[Nominal]:
        found = observed(
            self.times,
            after=after,
            calendars=self.calendars,
            zone=self.zone,
            on_excluded=self.on_excluded,
            gap=self.gap,
            overlap=self.overlap,
        )
        return list(takewhile(lambda nominal: nominal.fire_at <= END, found))


cases = st.builds(
    Case,
    text=texts,
    zone=zones,
    calendars=st.lists(calendars(), max_size=2),
    on_excluded=st.sampled_from(OnExcluded),
    gap=st.sampled_from(Gap),
    overlap=st.sampled_from(Overlap),
)
thorough = settings(max_examples=150, deadline=None)


def between(case: Case, start: datetime, end: datetime) -> list[datetime]:
    return list(takewhile(lambda at: at <= end, case.times(start)))


@thorough
@given(case=cases)
def test_the_judge_comes_to_the_same_fires_and_exclusions(case: Case) -> None:
    fires_at, excluded = judge.outcome(
        between(case, START - MOST_SHIFT, END + MOST_SHIFT),
        calendars=case.calendars,
        zone=case.zone,
        step=STEPS[case.on_excluded],
        gap=case.gap,
        overlap=case.overlap,
    )

    found = case.observed(START)

    assert [nominal.fire_at for nominal in found if not nominal.excluded] == within(fires_at)
    assert [nominal.fire_at for nominal in found if nominal.excluded] == within(excluded)
    for nominal in found:
        if nominal.excluded:
            target = excluded[nominal.fire_at]
            local = target.astimezone(case.zone).isoformat() if target else ""
            assert nominal.excluded.endswith(f"; moved to {local}") is bool(target)


def within(times: Iterable[datetime]) -> list[datetime]:
    return sorted(at for at in times if START < at <= END)


@thorough
@given(case=cases, minutes=st.integers(1, 60 * 1440))
def test_going_on_from_any_time_gives_the_tail(case: Case, minutes: int) -> None:
    after = START + timedelta(minutes=minutes)

    assert case.observed(after) == [nominal for nominal in case.observed(START) if nominal.fire_at > after]


@settings(max_examples=40, deadline=None)
@given(case=cases)
def test_going_on_after_each_time_gives_the_sequence(case: Case) -> None:
    whole = case.observed(START)[:40]

    for nominal, following in pairwise(whole):
        assert case.observed(nominal.fire_at)[0] == following


@thorough
@given(case=cases)
def test_every_instant_is_there_once_and_they_increase(case: Case) -> None:
    found = case.observed(START)

    assert all(earlier.fire_at < later.fire_at for earlier, later in pairwise(found))
    assert all(nominal.fire_at > START and nominal.fire_at.tzinfo is UTC for nominal in found)


@thorough
@given(case=cases)
def test_no_fire_is_excluded(case: Case) -> None:
    for nominal in case.observed(START):
        reason = judge.reason(nominal.fire_at, case.calendars, case.zone)

        assert nominal.excluded.startswith(reason)
        assert bool(nominal.excluded) is bool(reason)


@thorough
@given(case=cases)
def test_every_time_of_the_rule_is_a_fire_or_excluded_exactly_once(case: Case) -> None:
    found = [nominal.fire_at for nominal in case.observed(START)]
    named = between(case, START, END)

    assert [at for at in found if at in set(named)] == named
