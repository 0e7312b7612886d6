"""A result that comes after its step was given to somebody else is refused, and told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

import clock
from events.models import Event
from executions import engine, queries, sweeps
from executions.errors import LostLease
from executions.models import Source
from executions.queries import Claim, Slot
from executions.rules.outcomes import Completed
from executions.running import late_writes
from executions.services import Start, start
from tests.conftest import MakeWorkflow

pytestmark = pytest.mark.django_db

GONE = timedelta(seconds=-1)


@pytest.fixture
def claim(make_workflow: MakeWorkflow) -> Callable[[timedelta], Claim]:
    """Start an execution and claim its step."""

    def claim(lease: timedelta) -> Claim:
        start(Start(workflow=make_workflow({"id": "only"}), source=Source.MANUAL), now=clock.now())
        claimed = queries.claim(Slot("default", worker="w@host:1", lease=lease))
        assert claimed
        return claimed

    return claim


def refused() -> list[dict[str, object]]:
    return list(Event.objects.filter(type="workflow.step.refused").values_list("data", flat=True))


def test_a_result_that_comes_after_the_rescue_is_refused_and_told(claim) -> None:
    late = claim(GONE)
    sweeps.rescue_expired(now=clock.now())

    with pytest.raises(LostLease):
        engine.finish(late, Completed(1), now=clock.now())

    assert late_writes.tell(late, now=clock.now())
    assert refused() == [{"step": "only", "attempt": 1, "worker": "w@host:1"}]


def test_a_late_result_of_an_item_says_which_item(claim) -> None:
    late = replace(claim(GONE), item_index=3)
    sweeps.rescue_expired(now=clock.now())

    late_writes.tell(late, now=clock.now())

    assert refused()[0]["item"] == 3


def test_a_finish_that_is_repeated_after_its_commit_is_not_told(claim) -> None:
    held = claim(timedelta(minutes=1))
    engine.finish(held, Completed(1), now=clock.now())

    assert not late_writes.tell(held, now=clock.now())
    assert not refused()
