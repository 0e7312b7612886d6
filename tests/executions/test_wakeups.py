"""Wake-ups that are kept: who made the work goes on with it, and nobody sleeps through the rest."""

from collections import Counter

import pytest

from executions import wakeups
from executions.models import Execution, Source
from executions.running import worker
from executions.services import Start, start
from tests.conftest import MakeWorkflow


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what leaves for the broker."""
    counted: Counter[str] = Counter()
    monkeypatch.setattr(wakeups, "announce", lambda topic, queue, count=1: counted.update({queue: count}))
    return counted


def test_wake_ups_are_kept_in_a_block_and_no_longer(sent: Counter[str]) -> None:
    with wakeups.kept() as woken:
        wakeups.wake_on_commit("mail", count=2)
        wakeups.wake_on_commit("mail")

    assert (woken, sent) == ({"mail": 3}, {})


def test_what_a_block_that_fails_has_kept_is_sent(sent: Counter[str]) -> None:
    def fail() -> None:
        with wakeups.kept():
            wakeups.wake_on_commit("mail")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert sent == {"mail": 1}


@pytest.mark.django_db(transaction=True)
def test_a_worker_goes_on_with_what_it_serves_and_wakes_others_for_the_rest(
    sent: Counter[str], make_workflow: MakeWorkflow
) -> None:
    workflow = make_workflow()
    now = workflow.created_at
    start(Start(workflow=workflow, source=Source.MANUAL), now=now)
    sent.clear()

    worker.go_on({"mail": 2, "default": 3}, node="worker@test")

    assert sent == {"mail": 2, "default": 2}
    assert Execution.objects.get().state == "completed"
