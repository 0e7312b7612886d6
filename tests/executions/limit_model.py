"""What limits promise, as a list that is walked: the reference that the database is compared with."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

PERIOD = 60  # seconds, of every limit of starts
ENDS_OTHERS = {"cancel_other", "terminate_other"}


@dataclass
class Run:
    """One execution, with the customer that its keys are made of."""

    customer: str
    state: str = "pending"
    admitted_at: int | None = None


@dataclass
class Model:
    """The executions of one workflow, in order of arrival, and the time in seconds."""

    limits: list[dict[str, Any]]
    now: int = 0
    runs: list[Run] = field(default_factory=list)

    def start(self, customer: str) -> Run | None:
        """Decide on one start; None is refused."""
        if any(self.refuses(limit, customer) for limit in self.limits):
            return None
        full = self.full_behind_the_waiting(customer)
        ended = [run for limit in full for run in self.end_the_oldest(limit, customer)]
        if any(limit.get("when_full") in ENDS_OTHERS for limit in full):
            full = self.full_behind_the_waiting(customer)
        run = Run(customer) if full else Run(customer, "running", self.now)
        self.runs.append(run)
        self.look(ended)
        if run.state == "pending" and not self.full(customer):
            self.admit(self.beside(run, self.limits))
        return run

    def end(self, run: Run, state: str) -> None:
        """End one, and let others in if it was active."""
        ended = [run] if run.state == "running" else []
        run.state = state
        self.look(ended)

    def sweep(self) -> None:
        """Let in whoever may start."""
        self.admit(self.runs)

    def group(self, limit: dict[str, Any], customer: str) -> list[Run]:
        return [run for run in self.runs if "key" not in limit or run.customer == customer]

    def taken(self, limit: dict[str, Any], customer: str) -> int:
        group = self.group(limit, customer)
        if "running" in limit:
            return sum(run.state == "running" for run in group)
        return sum(run.admitted_at is not None and self.now - run.admitted_at < PERIOD for run in group)

    def full(self, customer: str) -> list[dict[str, Any]]:
        return [limit for limit in self.limits if self.taken(limit, customer) >= size(limit)]

    def full_behind_the_waiting(self, customer: str) -> list[dict[str, Any]]:
        """Return the limits that are full once those have started that wait and may."""
        later = deepcopy(self)
        later.admit(later.beside(Run(customer), self.limits))
        return later.full(customer)

    def refuses(self, limit: dict[str, Any], customer: str) -> bool:
        waiting = sum(run.state == "pending" for run in self.group(limit, customer))
        return limit.get("when_full") == "refuse" and self.taken(limit, customer) + waiting >= size(limit)

    def end_the_oldest(self, limit: dict[str, Any], customer: str) -> list[Run]:
        """End what a start replaces in a full group, and return what of it was active."""
        if limit.get("when_full") not in ENDS_OTHERS:
            return []
        staying = [run for run in self.group(limit, customer) if run.state in {"running", "pending"}]
        old = staying[: max(len(staying) - size(limit) + 1, 0)]
        ended = [run for run in old if run.state == "running"]
        for run in old:
            run.state = "cancelled"
        return ended

    def look(self, ended: Iterable[Run]) -> None:
        """Let in who waits in the groups in which these were active."""
        for run in ended:
            self.admit(self.beside(run, [limit for limit in self.limits if "running" in limit]))

    def beside(self, one: Run, limits: list[dict[str, Any]]) -> list[Run]:
        """Return who shares a group of one of these limits with an execution."""
        return [
            run for run in self.runs if any("key" not in li or run.customer == one.customer for li in limits)
        ]

    def admit(self, among: Iterable[Run]) -> None:
        for run in among:
            if run.state == "pending" and not self.full(run.customer):
                run.state, run.admitted_at = "running", self.now


def size(limit: dict[str, Any]) -> int:
    """Return how many a limit allows."""
    return int(limit.get("running") or limit["starts"])
