"""Random histories of starts, ends and time, against a reference: the same ones run, wait and are refused."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

import clock
from executions import services, sweeps, wakeups
from executions.errors import LimitReached
from executions.models import Execution, Place
from tests.executions.limit_model import PERIOD, Model, Run, size
from tests.executions.limited import KEY, Limited, MakeLimited, Shift

Commits = Callable[..., AbstractContextManager[Any]]
STEPS = 40


def some_limits(random: Random) -> list[dict[str, Any]]:
    kinds: list[dict[str, Any]] = [
        {"running": random.randint(1, 3)},
        {"running": random.randint(1, 2), "key": KEY},
        {"starts": random.randint(1, 3), "per": f"{PERIOD}s"},
        {"starts": random.randint(1, 3), "per": f"{PERIOD}s", "key": KEY},
    ]
    chosen = random.sample(kinds, random.randint(1, 3))
    for limit in chosen:
        policies = [
            "wait",
            "wait",
            "refuse",
            *(["cancel_other", "terminate_other"] if "running" in limit else []),
        ]
        limit["when_full"] = random.choice(policies)
    return chosen


class History:
    """One workflow, in the database and in the model."""

    def __init__(self, flow: Limited, limits: list[dict[str, Any]], random: Random, shift: Shift) -> None:
        self.flow, self.model, self.random, self.shift = flow, Model(limits), random, shift
        self.ids: list[UUID] = []

    def start(self) -> None:
        customer = self.random.choice("xyz")
        expected = self.model.start(customer)
        try:
            self.ids.append(services.start(self.flow.cause(customer), now=clock.now()).id)
        except LimitReached:
            assert expected is None
        else:
            assert expected is not None

    def end(self) -> None:
        open_ones = [i for i, run in enumerate(self.model.runs) if run.state in {"running", "pending"}]
        if not open_ones:
            return
        place = self.random.choice(open_ones)
        self.model.end(self.model.runs[place], "cancelled")
        act = self.random.choice([services.cancel, services.terminate])
        act(Execution.objects.get(pk=self.ids[place]), by="ada", now=clock.now())

    def wait(self) -> None:
        self.model.now += self.random.choice([25, 50, 75])
        self.shift(timedelta(seconds=self.model.now))

    def sweep(self) -> None:
        self.model.sweep()
        sweeps.admit_waiting(now=clock.now())

    def states(self) -> list[str]:
        found = dict(Execution.objects.values_list("pk", "state"))
        return [found[id_] for id_ in self.ids]


@pytest.mark.parametrize("seed", range(12))
def test_a_history_ends_as_the_reference_says(
    make_limited: MakeLimited,
    shift_clock: Shift,
    django_capture_on_commit_callbacks: Commits,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    monkeypatch.setattr(wakeups, "wake", lambda queue, *, count=1: None)
    random = Random(seed)
    limits = some_limits(random)
    history = History(make_limited(*limits), limits, random, shift_clock)

    for _ in range(STEPS):
        act = random.choice([history.start] * 4 + [history.end] * 3 + [history.wait, history.sweep])
        with django_capture_on_commit_callbacks(execute=True):
            act()
        assert history.states() == [run.state for run in history.model.runs], limits
        assert_kept(history.model, limits)


def assert_kept(model: Model, limits: list[dict[str, Any]]) -> None:
    """Check that no group has more than it may, in the model and so in the database."""
    for limit in limits:
        assert all(model.taken(limit, customer) <= size(limit) for customer in "xyz")
    held = Place.objects.filter(admitted_at__isnull=False, released_at=None).values("execution").distinct()
    assert held.count() == sum(run.state == "running" for run in model.runs)


def test_the_reference_lets_those_pass_that_have_room() -> None:
    model = Model([{"running": 2}, {"running": 1, "key": KEY}])
    for customer in "xxy":
        model.start(customer)

    assert model.runs == [Run("x", "running", 0), Run("x"), Run("y", "running", 0)]
