"""What the evaluations on one context may cost, and the meter that counts it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cel

from workflows import pattern_cost, payload
from workflows.errors import NotPlain

MAX_COLLECTED = payload.Size(items=10_000, width=0, text=1_000_000)  # by all loops of one evaluation


@dataclass(frozen=True, slots=True)
class Budget:
    """What the evaluations on one context may cost.

    Attributes:
        values: how many values an expression may be given, and may return.
        text: characters, likewise.
        added_text: characters that a chain of `+` may make of the texts it is given.
        work: values that one pass over an expression may touch; 150 ns each at the worst.
        seconds: processor time after which no loop turns again and no other evaluation begins.
    """

    values: int
    text: int
    added_text: int
    work: int
    seconds: float


STEP = Budget(
    values=payload.MAX_ITEMS,
    text=payload.MAX_TEXT,
    added_text=16_000_000,
    work=5_000_000,
    seconds=2.0,
)
# Events come unasked, in numbers, and are evaluated in the web process, too: an event of 256 kB in about 0.1 s.
TRIGGER = Budget(values=30_000, text=300_000, added_text=2_000_000, work=500_000, seconds=0.1)

_COLLECTED = "its loops collect too much; loop over less, or keep less of each element"
_TOO_LONG = "too much to compute: loop over less, read less in each turn, or ask for the cheaper thing first"
_TOO_LARGE = "too much in one element of a loop; loop over smaller ones"
_PATTERN = "too much to match: give matches() a shorter text, or a pattern with fewer repetitions"
_MATCHES = cel.compile("text.matches(pattern)")


class Meter:
    """Counts what the evaluations on one context cost; belongs to one thread.

    It counts the processor's time of its thread, so that a busy machine refuses nothing that an idle one admits.

    Attributes:
        exceeded: what the evaluation had too much of, or nothing.
        error: why a pattern could not be matched.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.renew()

    @property
    def functions(self) -> dict[str, Callable[..., Any]]:
        """Return what `syntax.metered` writes into the source."""
        return {"_turn": self._turn, "_collect": self._collect, "_matches": self._matches}

    def renew(self) -> None:
        """Give the evaluations to come the whole budget again."""
        self._spent = 0.0

    def start(self, *, reads: int) -> None:
        """Begin an evaluation that touches a value up to `reads` times in one turn of a loop."""
        self._items = self._text = 0
        self._reads = reads
        self._began = time.thread_time()
        self.error: Exception | None = None
        self.exceeded = _TOO_LONG if self._spent > self.budget.seconds else ""

    def stop(self) -> None:
        """End the evaluation."""
        self._spent += time.thread_time() - self._began

    def _turn(self, *element: Any) -> bool:
        if not self.exceeded and self._left() < 0:
            self.exceeded = _TOO_LONG
        if element and not self.exceeded:
            size = self._measure(element[0])
            if size is None or size.weight * self._reads > self.budget.work:
                self.exceeded = _TOO_LARGE
        return not self.exceeded

    def _collect(self, value: Any) -> bool:
        size = self._measure(value)
        if size is None or self._left() < 0:
            self.exceeded = self.exceeded or (_COLLECTED if size is None else _TOO_LONG)
            return False
        self._items += size.items
        self._text += size.text
        if self._items > MAX_COLLECTED.items or self._text > MAX_COLLECTED.text:
            self.exceeded = _COLLECTED
        return not self.exceeded

    def _matches(self, *given: Any) -> Any:
        if len(given) != 2:
            self.error = TypeError("matches() takes a text and a pattern")
            return None
        text, pattern = given
        if self.error or not self._affords(text, pattern):
            return None
        try:
            return _MATCHES.execute({"text": text, "pattern": pattern})
        except (RuntimeError, TypeError, ValueError) as error:
            self.error = error  # raised here, the library would log it
            return None

    def _affords(self, text: Any, pattern: Any) -> bool:
        if isinstance(text, str) and isinstance(pattern, str) and not self.exceeded:
            seconds = pattern_cost.seconds_to_match(pattern, text)
            if seconds > self._left():
                self.exceeded = _PATTERN if seconds > self.budget.seconds else _TOO_LONG
        return not self.exceeded

    def _left(self) -> float:
        return self.budget.seconds - self._spent - (time.thread_time() - self._began)

    def _measure(self, value: Any) -> payload.Size | None:
        try:
            return payload.measure(value, max_items=self.budget.values, max_text=self.budget.text)
        except NotPlain:
            return None
