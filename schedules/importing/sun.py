"""Solar events as instants, by whichever library of astronomy is installed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import takewhile
from typing import Any, cast

from celery.schedules import solar

from schedules.importing.errors import Refused

AHEAD = timedelta(days=731)  # two years with a leap day
DAY = timedelta(days=1)
DEPRESSIONS = {"civil": 6, "nautical": 12, "astronomical": 18}  # degrees of the sun below the horizon
Computation = Callable[..., Iterator[datetime]]


@dataclass(frozen=True)
class SolarEvents:
    """The instants of one solar event, to the second, in order."""

    times: tuple[datetime, ...]
    until: datetime
    library: str


def events(event: str, *, latitude: float, longitude: float, now: datetime) -> SolarEvents:
    """Return the instants of `event` in the two years after `now`.

    Raises:
        Refused: no library of astronomy is installed.
    """
    library = next((name for name in LIBRARIES if find_spec(name)), None)
    if library is None:
        raise Refused(
            "solar times need the library that Celery uses; "
            "`pip install ephem` beside Horarium for the import, or write a crontab"
        )
    until = now + AHEAD
    found = LIBRARIES[library](event, latitude=float(latitude), longitude=float(longitude), now=now)
    times = tuple(takewhile(lambda at: at <= until, found))
    if not times:
        raise Refused(
            f"{event} does not happen there within two years; correct the place, or write a crontab"
        )
    return SolarEvents(times, until, library)


def _by_ephem(event: str, *, latitude: float, longitude: float, now: datetime) -> Iterator[datetime]:
    """Yield what Celery itself computes."""
    last = now

    def clock() -> datetime:
        return last

    schedule = solar(cast(Any, event), latitude, longitude, nowfun=clock)
    while True:
        last = (last + schedule.remaining_estimate(last)).replace(microsecond=0) + timedelta(seconds=1)
        yield last


def _by_astral(event: str, *, latitude: float, longitude: float, now: datetime) -> Iterator[datetime]:
    """Yield the same by another formula: within a minute, except near days on which the event fails to happen."""
    observer = import_module("astral").Observer(latitude=latitude, longitude=longitude, elevation=0)
    # By days of the place: at midnight of a far zone an event may fall out of one day and not into the next.
    local = timezone(timedelta(hours=round(longitude / 15)))
    compute = partial(_computation(event), observer, tzinfo=local)
    day, last = now.astimezone(local).date() - DAY, now
    while day < (now + AHEAD + 2 * DAY).date():
        at = _on(day, compute)
        if at is not None and at > last:
            yield at
            last = at
        day += DAY


def _computation(event: str) -> Callable[..., datetime]:
    formulas = import_module("astral.sun")
    name, _, kind = event.partition("_")
    if kind in DEPRESSIONS:
        of_twilight = getattr(formulas, name)
        return lambda *args, **kwargs: of_twilight(*args, depression=DEPRESSIONS[kind], **kwargs)
    found: Callable[..., Any] = getattr(formulas, "noon" if event == "solar_noon" else event)
    return found


def _on(day: date, compute: Callable[..., datetime]) -> datetime | None:
    try:
        return compute(date=day).astimezone(UTC).replace(microsecond=0)
    except ValueError:  # the sun does not rise, or does not set, on this day
        return None


# In order of preference; the first is Celery's own.
LIBRARIES: dict[str, Computation] = {"ephem": _by_ephem, "astral": _by_astral}
