"""Solar events as instants."""

from datetime import timedelta
from itertools import pairwise

import pytest

from schedules.importing import sun
from tests.schedules.importing.conftest import AUTUMN

EVENTS = ["dawn_civil", "sunrise", "solar_noon", "sunset", "dusk_nautical", "dusk_astronomical"]
PLACES = [(40.7, -74.0), (-36.8, 174.7), (0.0, 0.0), (52.5, 13.4)]


@pytest.mark.parametrize("event", EVENTS[:-1])
@pytest.mark.parametrize("place", PLACES)
def test_an_event_comes_once_a_day_wherever_midnight_is(event: str, place: tuple[float, float]) -> None:
    pytest.importorskip("astral")
    latitude, longitude = place

    found = sun.events(event, latitude=latitude, longitude=longitude, now=AUTUMN)

    gaps = [later - earlier for earlier, later in pairwise(found.times)]
    assert timedelta(hours=23) < min(gaps) <= max(gaps) < timedelta(hours=25)


def test_days_without_the_event_are_left_out() -> None:
    pytest.importorskip("astral")

    found = sun.events("dusk_astronomical", latitude=52.5, longitude=13.4, now=AUTUMN)

    assert 590 < len(found.times) < 600


@pytest.mark.parametrize("event", EVENTS)
def test_celerys_own_library_is_preferred(event: str) -> None:
    pytest.importorskip("ephem")

    assert sun.events(event, latitude=40.7, longitude=-74.0, now=AUTUMN).library == "ephem"
