"""Hypothesis strategies: calendars around the end of March 2026, when clocks jump."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from schedules.calendars import Calendar, Dates, Entry, Instants, PublicHolidays, Weekly, Yearly

FIRST = date(2026, 3, 1)
LAST = date(2026, 5, 15)

days = st.dates(FIRST, LAST)
clocks = st.times().map(lambda clock: clock.replace(minute=clock.minute // 30 * 30, second=0, microsecond=0))
weekdays = st.sets(st.integers(0, 6), min_size=1, max_size=3).map(lambda chosen: tuple(sorted(chosen)))
lengths = st.integers(0, 4).map(timedelta)


@st.composite
def dates(draw: st.DrawFn) -> Entry:
    firsts = draw(st.lists(days, min_size=1, max_size=6))
    return Dates(tuple((first, first + draw(lengths)) for first in firsts))


@st.composite
def yearly(draw: st.DrawFn) -> Entry:
    first = draw(days)
    last = first + draw(lengths)
    return Yearly((((first.month, first.day), (last.month, last.day)),))


@st.composite
def weekly(draw: st.DrawFn) -> Entry:
    start, end = draw(clocks), draw(clocks)
    times = () if start == end or draw(st.booleans()) else (start, end)
    return Weekly(draw(weekdays), *times)


@st.composite
def instants(draw: st.DrawFn) -> Entry:
    start = datetime.combine(draw(days), time(), tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 1440)))
    return Instants(start, start + timedelta(minutes=draw(st.integers(1, 3000))))


def calendars() -> st.SearchStrategy[Calendar]:
    holidays = st.sampled_from([PublicHolidays("DE"), PublicHolidays("US"), PublicHolidays("ES", "MD")])
    entries = st.one_of(dates(), yearly(), weekly(), instants(), holidays)
    return st.lists(entries, max_size=4).map(lambda drawn: Calendar(tuple(drawn)))
