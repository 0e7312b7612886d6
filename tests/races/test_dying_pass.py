"""Beat is killed before, between and after every statement of a pass: one execution per nominal time, none lost."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

import clock
from executions.models import Execution, StepRun
from organizations.models import Organization
from schedules import fire, services
from schedules.models import Schedule, SkippedFire
from tests.acceptance.processes import ROOT, environment, eventually
from tests.conftest import MakeWorkflow

pytestmark = pytest.mark.django_db(transaction=True)

MOST_POINTS = 120  # far more than a pass has
LATE = timedelta(minutes=5, seconds=30)


class Mortal:
    """The process that makes passes and is killed in them."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.races.dying_pass"],
            cwd=ROOT,
            env=environment(DJANGO_SETTINGS_MODULE="scheduler_project.settings", HORARIUM_ROLE="beat"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def pass_until(self, point: int) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{point}\n")
        self._process.stdin.flush()
        return str(self._process.stdout.readline()).strip()

    def close(self) -> None:
        self._process.communicate(timeout=10)


@pytest.fixture
def mortal() -> Iterator[Mortal]:
    process = Mortal()
    yield process
    process.close()


@pytest.fixture
def make_late(organization: Organization, make_workflow: MakeWorkflow, shift_clock: Any) -> Any:
    workflow = make_workflow()
    every_minute = [{"kind": "interval", "every_seconds": 60}]

    def make(number: int) -> list[Schedule]:
        shift_clock(timedelta(0))
        policies: list[dict[str, Any]] = [
            {"catchup": "latest"},
            {"catchup": "all", "overlap": "buffer_all"},
            {"catchup": "all", "overlap": "allow_all", "max_executions": 3},
            {"catchup": "all", "overlap": "cancel_other", "auto_pause_after": 1},
        ]
        made = [
            services.create(
                organization,
                now=clock.now(),
                name=f"s{number}-{place}",
                workflow=workflow,
                rules=every_minute,
                **policy,
            )
            for place, policy in enumerate(policies)
        ]
        shift_clock(LATE)
        return made

    return make


def accounted(schedule: Schedule) -> int:
    """Return how many nominal times are an execution or a recorded skip."""
    skipped = SkippedFire.objects.filter(schedule=schedule).values_list("count", flat=True)
    return Execution.objects.filter(schedule_id=schedule.pk).count() + sum(skipped)


def all_are_accounted_for(late: list[Schedule]) -> bool:
    fire.fire_due()
    return all(accounted(schedule) >= 5 for schedule in late)


def test_wherever_a_pass_dies_each_nominal_time_is_accounted_for_once(mortal: Mortal, make_late: Any) -> None:
    died = 0
    for point in range(MOST_POINTS):
        late = make_late(point)

        fate = mortal.pass_until(point)
        # The server may hold what the dead process had locked for a moment longer.
        eventually(partial(all_are_accounted_for, late), within=10, what=f"killed at point {point}")

        assert not fire.fire_due().taken
        assert {accounted(schedule) for schedule in late} == {5}
        roots = StepRun.objects.filter(execution__schedule_id__in=[schedule.pk for schedule in late])
        running = Execution.objects.filter(schedule_id__in=[s.pk for s in late], state="running")
        assert set(running.values_list("pk", flat=True)) <= set(roots.values_list("execution_id", flat=True))
        Schedule.objects.all().update(state="paused", next_due_at=None)
        if fate == "finished":
            break
        assert fate == "killed"
        died += 1

    assert died > 20
