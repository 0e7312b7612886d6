"""The last resort of a worker that hears nothing."""

from dataclasses import dataclass

import pytest

from scheduler_project.deafness import DEAF_SECONDS, LOOK_SECONDS, Ear


@dataclass
class Worker:
    """A worker's situation at one look."""

    is_busy: bool = False
    is_wanted: bool = True

    def ear(self) -> Ear:
        return Ear(is_busy=lambda: self.is_busy, is_wanted=lambda: self.is_wanted)


def test_an_idle_worker_that_hears_nothing_while_messages_wait_is_deaf() -> None:
    ear = Worker().ear()

    assert [ear.is_deaf(now=now) for now in (0.0, DEAF_SECONDS - 0.1, DEAF_SECONDS)] == [False, False, True]


@pytest.mark.parametrize("well", [Worker(is_busy=True), Worker(is_wanted=False)])
def test_a_worker_that_is_busy_or_not_wanted_is_not_deaf(well: Worker) -> None:
    ear = well.ear()

    assert not any(ear.is_deaf(now=look * LOOK_SECONDS) for look in range(100))


def test_one_message_starts_the_wait_anew() -> None:
    ear = Worker().ear()
    assert not ear.is_deaf(now=0.0)
    ear.hear()

    assert not ear.is_deaf(now=DEAF_SECONDS)
    assert not ear.is_deaf(now=DEAF_SECONDS + 1)
    assert ear.is_deaf(now=2 * DEAF_SECONDS + 1)


def test_an_outage_of_the_broker_starts_the_wait_anew() -> None:
    worker = Worker()
    ear = worker.ear()
    assert not ear.is_deaf(now=0.0)
    worker.is_wanted = False
    assert not ear.is_deaf(now=DEAF_SECONDS)

    worker.is_wanted = True

    assert not ear.is_deaf(now=DEAF_SECONDS + 1)
