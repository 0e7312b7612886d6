"""The kinds of rule, and their common way from JSON to fire times."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from schedules.recurrence import after_completion, cron, dates, interval, one_time, presets, rrule, written
from schedules.recurrence.daylight import Gap, Overlap, distinct
from schedules.recurrence.errors import InvalidRule
from schedules.recurrence.zones import EARLIEST, HORIZON, zone_of


class Rule(Protocol):
    """One source of fire times; equal ones are alike in all that is shown."""

    def __hash__(self) -> int: ...

    def instants(self, *, zone: ZoneInfo, after: datetime, gap: Gap, overlap: Overlap) -> Iterator[datetime]:
        """Yield aware UTC instants strictly after `after`, strictly increasing, until 2200 at most."""
        ...


@dataclass(frozen=True)
class Kind:
    """How one kind of rule is stored.

    Attributes:
        from_dict: reads the JSON; takes keyword `zone`, `hash_key`, `created_at`, `ended_at` and ignores the rest.
        to_dict: writes the JSON, without `kind`.
    """

    rule: type
    from_dict: Callable[..., Rule]
    to_dict: Callable[[Any], dict[str, Any]]


KINDS: dict[str, Kind] = {
    "cron": Kind(cron.Cron, cron.from_dict, cron.to_dict),
    "interval": Kind(interval.Interval, interval.from_dict, interval.to_dict),
    "after_completion": Kind(
        after_completion.AfterCompletion, after_completion.from_dict, after_completion.to_dict
    ),
    "one_time": Kind(one_time.OneTime, one_time.from_dict, one_time.to_dict),
    "dates": Kind(dates.Dates, dates.from_dict, dates.to_dict),
    "rrule": Kind(rrule.RRule, rrule.from_dict, rrule.to_dict),
}


def fires(
    rule: Rule,
    *,
    zone: str | ZoneInfo,
    after: datetime,
    gap: str = Gap.AT_GAP_END,
    overlap: str = Overlap.FIRST,
) -> Iterator[datetime]:
    """Yield the fire times of `rule` in (after, year 2200), aware UTC, lazily and strictly increasing.

    Args:
        zone: IANA name or ZoneInfo in which the rule is read.
        after: aware; a time before 1970 counts as 1970.
        gap: see `Gap`.
        overlap: see `Overlap`.

    Raises:
        InvalidRule: naming `zone`, `gap` or `overlap`.
        ValueError: `after` is not aware; the caller's mistake.
    """
    if after.tzinfo is None:
        raise ValueError(
            f"`after` is {after.isoformat()} without a zone; pass an aware time, such as one in UTC"
        )
    return rule.instants(
        zone=zone_of(zone),
        after=_within_search(after),
        gap=written.choice("gap", gap, Gap),
        overlap=written.choice("overlap", overlap, Overlap),
    )


def _within_search(after: datetime) -> datetime:
    start = EARLIEST.replace(tzinfo=UTC) - timedelta.resolution
    return min(max(after, start), HORIZON.replace(tzinfo=UTC))


def union(
    rules: Iterable[Rule],
    *,
    zone: str | ZoneInfo,
    after: datetime,
    gap: str = Gap.AT_GAP_END,
    overlap: str = Overlap.FIRST,
) -> Iterator[datetime]:
    """Yield the fire times of all `rules` as `fires` does for one; times that coincide are one."""
    return distinct(merge(*(fires(rule, zone=zone, after=after, gap=gap, overlap=overlap) for rule in rules)))


def next_fire(
    rules: Iterable[Rule],
    *,
    zone: str | ZoneInfo,
    after: datetime,
    gap: str = Gap.AT_GAP_END,
    overlap: str = Overlap.FIRST,
) -> datetime | None:
    """Return the first fire time of any of `rules` after `after`, aware UTC, or None if there is none."""
    return next(union(rules, zone=zone, after=after, gap=gap, overlap=overlap), None)


def rule_from_dict(
    data: object,
    *,
    hash_key: str = "",
    zone: str | ZoneInfo = "UTC",
    created_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> Rule:
    """Read a rule from its JSON, `{"kind": str, ...}` with the keys of that kind.

    A preset, `{"preset": str, ...}`, is read as the cron that it means.

    Args:
        hash_key: id of the schedule, which decides the `H` of a cron.
        zone: of the schedule; reads local times that must become instants.
        created_at: aware; the anchor of an interval, and the start of an RRULE, that names none.
        ended_at: aware; the end of the last run, from which an after-completion rule counts.
            None while a run is going on.

    Raises:
        InvalidRule: naming the key, or as InvalidCron the field of the expression.
    """
    if isinstance(data, dict) and "preset" in data and "kind" not in data:
        data = presets.rule_of(data)
    if not isinstance(data, dict) or data.get("kind") not in list(KINDS):
        raise InvalidRule("kind", f"write an object whose 'kind' is one of {', '.join(KINDS)}")
    return KINDS[data["kind"]].from_dict(
        data, hash_key=hash_key, zone=zone_of(zone), created_at=created_at, ended_at=ended_at
    )


def rule_to_dict(rule: Rule) -> dict[str, Any]:
    """Return the JSON from which `rule_from_dict` makes `rule` again."""
    kind = next(name for name, kind in KINDS.items() if isinstance(rule, kind.rule))
    return {"kind": kind, **KINDS[kind].to_dict(rule)}
