"""croniter as a partner: on plain expressions, in UTC, both must agree."""

from datetime import UTC, datetime
from itertools import islice

from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.recurrence import fires, parse_cron
from tests.schedules.recurrence.strategies import instants


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    """Draw what both read alike: no range past the end, no equal ends, no step beyond the field."""
    value = st.integers(low, high)
    pairs = st.lists(value, min_size=2, max_size=2, unique=True).map(sorted)
    step = st.integers(1, (high - low) // 2)
    return st.one_of(
        st.just("*"),
        step.map("*/{}".format),
        st.lists(value, min_size=1, max_size=4).map(lambda found: ",".join(map(str, found))),
        pairs.map(lambda pair: f"{pair[0]}-{pair[1]}"),
        st.tuples(pairs, step).map(lambda drawn: f"{drawn[0][0]}-{drawn[0][1]}/{drawn[1]}"),
    )


@settings(max_examples=300, deadline=None)
@given(
    minute=numbers(0, 59),
    hour=numbers(0, 23),
    day=st.one_of(numbers(1, 28), st.just("L")),
    month=numbers(1, 12),
    after=instants,
)
def test_days_of_the_month(minute: str, hour: str, day: str, month: str, after: datetime) -> None:
    assert_agreement(f"{minute} {hour} {day} {month} *", after)


@settings(max_examples=300, deadline=None)
@given(
    minute=numbers(0, 59),
    hour=numbers(0, 23),
    weekday=st.one_of(
        numbers(0, 6), st.sampled_from(["MON-FRI", "SUN,WED", "FRI#2", "TUE#1,THU#3", "L5", "L0"])
    ),
    month=numbers(1, 12),
    after=instants,
)
def test_days_of_the_week(minute: str, hour: str, weekday: str, month: str, after: datetime) -> None:
    assert_agreement(f"{minute} {hour} * {month} {weekday}", after)


@settings(max_examples=100, deadline=None)
@given(
    minute=numbers(0, 59),
    day=st.integers(1, 28),
    weekday=st.integers(0, 6),
    month=numbers(1, 12),
    after=instants,
)
def test_either_day(minute: str, day: int, weekday: int, month: str, after: datetime) -> None:
    assert_agreement(f"{minute} 9 {day} {month} {weekday}", after)


@settings(max_examples=50, deadline=None)
@given(second=numbers(0, 59), minute=numbers(0, 59), hour=numbers(0, 23), after=instants)
def test_seconds(second: str, minute: str, hour: str, after: datetime) -> None:
    assert_agreement(f"{second} {minute} {hour} * * *", after)


def assert_agreement(text: str, after: datetime) -> None:
    """Compare five runs; the last weekday of a month is `L5` there and `5L` here."""
    ours = text.replace("L5", "5L").replace("L0", "0L")
    partner = croniter(text, after, second_at_beginning=True, max_years_between_matches=100)

    found = list(islice(fires(parse_cron(ours), zone="UTC", after=after), 5))

    assert found == [partner.get_next(datetime).astimezone(UTC) for _ in found]
