"""Short ways to write down what a rule does, in local time."""

from datetime import UTC, date, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from schedules.recurrence import Rule, fires, parse_cron


def at(text: str, zone: str = "UTC") -> datetime:
    """Return the local time `text` in `zone`; of a repeated hour the first, as Python does."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def runs(rule: Rule | str, zone: str, *, day: str, days: int = 1, **policies: str) -> list[str]:
    """Return the runs of some local days as `HH:MM+offset`, or with the date if there are several days."""
    where = ZoneInfo(zone)
    rule = parse_cron(rule) if isinstance(rule, str) else rule
    first = date.fromisoformat(day)
    # From well before: the midnight of the first day may not exist.
    since = datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp() - 86_400
    found = fires(rule, zone=zone, after=datetime.fromtimestamp(since, UTC), **policies)
    local = (run.astimezone(where) for run in found)
    near = takewhile(lambda run: (run.date() - first).days < days, local)
    shape = "%H:%M%z" if days == 1 else "%d %H:%M%z"
    return [run.strftime(shape) for run in near if run.date() >= first]


def days_of(expression: str, *, year: int, month: int, day_match: str = "or") -> list[int]:
    """Return the days of one month on which a cron runs, in UTC."""
    first = datetime(year, month, 1, tzinfo=UTC)
    rule = parse_cron(expression, day_match=day_match)
    found = fires(rule, zone="UTC", after=datetime.fromtimestamp(first.timestamp() - 1, UTC))
    return [run.day for run in takewhile(lambda run: (run.year, run.month) == (year, month), found)]
