"""Spread: the offset from the nominal time to the due time."""

from datetime import datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.recurrence import InvalidRule, fires
from schedules.spread import Spread, SpreadKind, offset
from tests.schedules.recurrence.local import at
from tests.schedules.recurrence.strategies import crons, instants
from tests.schedules.recurrence.test_properties import parsed

NOON = at("2026-06-01T12:00")
HOUR = timedelta(hours=1)
MILLISECOND = timedelta(milliseconds=1)
spreads = st.builds(
    Spread,
    st.sampled_from([SpreadKind.JITTER, SpreadKind.WINDOW]),
    st.timedeltas(timedelta(seconds=1), timedelta(hours=24)),
)


@given(
    spread=spreads, key=st.text(max_size=40), fire_at=instants, gap=st.timedeltas(MILLISECOND / 10, 40 * HOUR)
)
def test_an_offset_is_whole_milliseconds_below_length_and_distance(
    spread: Spread, key: str, fire_at: datetime, gap: timedelta
) -> None:
    found = offset(spread, key=key, fire_at=fire_at, following=fire_at + gap)

    assert timedelta(0) <= found < min(spread.length, gap)
    assert found % MILLISECOND == timedelta(0)


@given(cron=crons(), spread=spreads, after=instants)
def test_due_times_strictly_increase(cron: object, spread: Spread, after: datetime) -> None:
    nominal = list(islice(fires(parsed(cron), zone="Europe/Berlin", after=after), 40))  # type: ignore[arg-type]

    due = [now + offset(spread, key="a", fire_at=now, following=next_) for now, next_ in pairwise(nominal)]

    assert all(earlier < later for earlier, later in pairwise(due))


def test_the_offset_is_the_same_in_every_process() -> None:
    spread = Spread(SpreadKind.WINDOW, HOUR)

    found = offset(spread, key="schedule-1", fire_at=NOON, following=None)

    assert found == timedelta(milliseconds=2_429_811)


def test_the_offset_belongs_to_the_instant_not_to_its_zone() -> None:
    spread, tokyo = Spread(SpreadKind.JITTER, HOUR), at("2026-06-01T21:00", "Asia/Tokyo")

    found = [offset(spread, key="a", fire_at=same, following=None) for same in (NOON, tokyo)]

    assert found[0] == found[1]


def test_offsets_are_spread_evenly_over_schedules() -> None:
    spread = Spread(SpreadKind.WINDOW, HOUR)

    found = [offset(spread, key=f"schedule-{n}", fire_at=NOON, following=None) for n in range(6_000)]

    counts = [sum(1 for each in found if each // timedelta(minutes=10) == part) for part in range(6)]
    assert all(850 < count < 1_150 for count in counts)


def test_offsets_of_one_schedule_differ_from_fire_to_fire() -> None:
    spread = Spread(SpreadKind.JITTER, HOUR)

    found = {offset(spread, key="a", fire_at=NOON + n * HOUR, following=None) for n in range(100)}

    assert len(found) > 95


def test_jitter_and_window_of_one_length_give_one_offset() -> None:
    jitter, window = (Spread(kind, HOUR) for kind in (SpreadKind.JITTER, SpreadKind.WINDOW))

    assert offset(jitter, key="a", fire_at=NOON, following=None) == offset(
        window, key="a", fire_at=NOON, following=None
    )


def test_without_spread_a_fire_is_due_at_its_nominal_time() -> None:
    assert offset(Spread(), key="a", fire_at=NOON, following=None) == timedelta(0)


@pytest.mark.parametrize("kind", [SpreadKind.JITTER, SpreadKind.WINDOW])
@pytest.mark.parametrize("length", [timedelta(0), -HOUR, timedelta(milliseconds=999), 25 * HOUR])
def test_a_length_out_of_bounds_is_refused(kind: SpreadKind, length: timedelta) -> None:
    with pytest.raises(InvalidRule, match="length: write a duration from 1 second to 24 hours"):
        Spread(kind, length)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InvalidRule, match="kind: write 'none' or 'jitter' or 'window'"):
        Spread("gauss")  # type: ignore[arg-type]
