"""A model of triggers on the events of a shop: which starts and skips must exist, told apart by plain arithmetic.

It knows nothing of tables, transactions and workers. Whoever holds it against
the real thing says what was done, in the order in which it took effect.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

MINUTE = timedelta(minutes=1)
# Half a minute beside any time that passes: how long the test itself takes decides nothing.
QUIET, LONGEST, WINDOW, PERIOD = 10.5 * MINUTE, 25.5 * MINUTE, 30.5 * MINUTE, 60.5 * MINUTE


@dataclass(frozen=True)
class Sent:
    """An event."""

    id: int
    type: str
    source: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """What a trigger does. `mode` is plain, burst or batch; `group` and `key` name fields of the data."""

    pattern: str = "order.created"
    source: str = ""
    filters: tuple[tuple[str, Any], ...] = ()
    is_even: bool = False
    mode: str = "plain"
    group: str = ""
    longest: timedelta | None = None
    rate: int | None = None
    overlap: str = "allow_all"
    key: str = ""

    @property
    def settings(self) -> dict[str, Any]:
        """Return it as the settings of a trigger."""
        is_burst, is_batch = self.mode == "burst", self.mode == "batch"
        return {
            "pattern": self.pattern,
            "source": self.source,
            "filters": {f"data.{name}": value for name, value in self.filters},
            "condition": "event.data.number % 2 == 0" if self.is_even else "",
            "group_key": f"event.data.{self.group}" if self.group else "",
            "debounce": QUIET if is_burst else None,
            "debounce_max": self.longest if is_burst else None,
            "batch_size": 3 if is_batch else None,
            "batch_window": WINDOW if is_batch else None,
            "rate_limit": self.rate,
            "rate_period": PERIOD if self.rate else MINUTE,
            "overlap": self.overlap,
            "concurrency_key": f"event.data.{self.key}" if self.key else "",
        }

    @property
    def gathers_by(self) -> tuple[str, str, str]:
        """Return what may not change while something is gathered."""
        return self.pattern, self.group, self.mode

    def wants(self, event: Sent) -> bool:
        """Return whether an event matches."""
        prefix = self.pattern.removesuffix("*")
        is_type = event.type == self.pattern or (self.pattern != prefix and event.type.startswith(prefix))
        is_source = self.source in {"", event.source}
        holds = all(_same(event.data.get(name), value) for name, value in self.filters)
        return is_type and is_source and holds and (not self.is_even or event.data["number"] % 2 == 0)


def _same(left: Any, right: Any) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)


@dataclass
class Pile:
    """What is gathered under one key."""

    order: tuple[int, str]  # of the releases of one trigger: the call that began it, and its key
    first_at: timedelta
    due_at: timedelta
    events: list[int] = field(default_factory=list)


@dataclass
class Owner:
    """A trigger with everything that has come of it."""

    rule: Rule
    is_active: bool = True
    matched: int = 0
    starts: list[tuple[int, ...]] = field(default_factory=list)
    skips: Counter[str] = field(default_factory=Counter)
    piles: dict[str, Pile] = field(default_factory=dict)
    full: list[Pile] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    window: tuple[timedelta, int] | None = None


@dataclass
class Shop:
    """All triggers, by name, and all events, by id; `at` is how much time has passed."""

    owners: dict[str, Owner] = field(default_factory=dict)
    events: dict[int, Sent] = field(default_factory=dict)
    at: timedelta = timedelta(0)
    calls: int = 0

    def wanting(self, ids: Iterable[int]) -> set[str]:
        """Return the active triggers that some of these events match."""
        wanted = [self.events[id_] for id_ in ids]
        return {name for name, one in self._active() if any(one.rule.wants(event) for event in wanted)}

    def deal_with(self, ids: Iterable[int], *, names: set[str] | None = None) -> None:
        """Deal with events together, for these triggers: first what starts at once, then what they complete."""
        matches = [
            (one, self.events[id_])
            for id_ in sorted(ids)
            for name, one in self._active()
            if one.rule.wants(self.events[id_]) and (names is None or name in names)
        ]
        for one, _ in matches:
            one.matched += 1
        for one, event in matches:
            if one.rule.mode == "plain":
                self._start(one, (event.id,), event, others=0)
        self.calls += 1
        gathered = [self._gather(one, event) for one, event in matches if one.rule.mode != "plain"]
        if any(gathered):
            self.release()

    def release(self) -> None:
        """Start what is complete or due."""
        for one in self.owners.values():
            due = [*one.full, *(pile for pile in one.piles.values() if pile.due_at <= self.at)]
            one.full = []
            one.piles = {key: pile for key, pile in one.piles.items() if pile.due_at > self.at}
            for pile in sorted(due, key=lambda pile: pile.order):
                self._release(one, sorted(pile.events))

    def finish_all(self) -> None:
        """Let everything that runs end."""
        for one in self.owners.values():
            one.busy.clear()

    def change(self, name: str, rule: Rule) -> None:
        """Change a trigger; what it gathered otherwise is given up."""
        one = self.owners[name]
        if one.rule.gathers_by != rule.gathers_by:
            lost = [*one.full, *one.piles.values()]
            one.skips["incomplete"] += sum(len(pile.events) for pile in lost)
            one.full, one.piles = [], {}
        one.rule = rule

    def _active(self) -> Iterator[tuple[str, Owner]]:
        yield from ((name, one) for name, one in self.owners.items() if one.is_active)

    def _gather(self, one: Owner, event: Sent) -> bool:
        rule, key = one.rule, str(event.data.get(one.rule.group, ""))
        window = QUIET if rule.mode == "burst" else WINDOW
        pile = one.piles.setdefault(key, Pile((self.calls, key), first_at=self.at, due_at=self.at + window))
        pile.events.append(event.id)
        if rule.mode == "burst":
            pile.due_at = min(self.at + QUIET, pile.first_at + (rule.longest or timedelta.max / 2))
        elif len(pile.events) == 3:
            one.full.append(one.piles.pop(key))
            return True
        return False

    def _release(self, one: Owner, ids: list[int]) -> None:
        is_burst = one.rule.mode == "burst"
        others = len(ids) - 1 if is_burst else 0
        one.skips["debounced"] += others
        if not one.is_active:
            one.skips["paused"] += len(ids) - others
            return
        whole = tuple(ids[-1:] if is_burst else ids)
        self._start(one, whole, self.events[ids[-1]], others=len(whole) - 1)

    def _start(self, one: Owner, ids: tuple[int, ...], event: Sent, *, others: int) -> None:
        if one.rule.rate is not None and not self._takes(one, one.rule.rate):
            one.skips["rate_limited"] += 1 + others
            return
        key = repr(event.data.get(one.rule.key)) if one.rule.key else ""
        if one.rule.overlap == "skip" and key in one.busy:
            one.skips["overlap"] += 1 + others
            return
        if one.rule.overlap != "allow_all":  # which belongs to no group
            one.busy.add(key)
        one.starts.append(ids)

    def _takes(self, one: Owner, limit: int) -> bool:
        began, used = one.window or (self.at, 0)
        if self.at >= began + PERIOD:
            began, used = self.at, 0
        one.window = began, min(limit, used + 1) if used < limit else used
        return used < limit
