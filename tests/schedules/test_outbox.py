"""The outbox: in order, never blocking, nothing dropped."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from django.db import OperationalError

from schedules import outbox
from schedules.outbox import Outbox, Parcel, Undeliverable
from tests.acceptance.processes import eventually

SETTLED = 5.0  # seconds


class Broker:
    """What is sent and given back."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.given_back: list[int] = []
        self.is_away = False
        self.answers = threading.Event()
        self.answers.set()

    def parcel(self, number: int) -> Parcel:
        return Parcel(send=partial(self._send, number), give_back=partial(self.given_back.append, number))

    def _send(self, number: int) -> None:
        self.answers.wait(SETTLED)
        if self.is_away:
            raise ConnectionError("the broker is away")
        self.sent.append(number)


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outbox]:
    monkeypatch.setattr(outbox, "RETRY_SECONDS", 0.05)
    box = Outbox()
    yield box
    box.close()


def test_parcels_are_sent_in_order(broker: Broker, box: Outbox) -> None:
    for number in range(5):
        box.put(broker.parcel(number))

    assert box.settle(SETTLED)
    assert broker.sent == [0, 1, 2, 3, 4]


def test_a_refused_parcel_and_all_behind_it_are_given_back_newest_first(broker: Broker, box: Outbox) -> None:
    broker.is_away = True
    broker.answers.clear()
    for number in range(3):
        box.put(broker.parcel(number))
    broker.answers.set()

    assert box.settle(SETTLED)
    assert broker.given_back == [2, 1, 0]


def test_a_parcel_that_is_at_fault_itself_is_given_back_alone(broker: Broker, box: Outbox) -> None:
    def fail() -> None:
        raise Undeliverable

    broker.answers.clear()
    box.put(broker.parcel(1))
    box.put(Parcel(send=fail, give_back=broker.parcel(2).give_back))
    box.put(broker.parcel(3))
    broker.answers.set()

    assert box.settle(SETTLED)
    assert (broker.sent, broker.given_back, box.pause()) == ([1, 3], [2], 0)


def test_while_the_broker_is_away_one_parcel_at_a_time_looks_for_it(broker: Broker, box: Outbox) -> None:
    broker.is_away = True
    box.put(broker.parcel(1))
    assert box.settle(SETTLED)
    assert box.pause() > 0
    eventually(lambda: box.pause() == 0, within=SETTLED)

    broker.is_away = False
    broker.answers.clear()
    box.put(broker.parcel(2))
    assert box.pause() > 0
    broker.answers.set()

    assert box.settle(SETTLED)
    assert (box.pause(), broker.sent) == (0, [2])


def test_a_full_outbox_asks_for_a_pause(broker: Broker, box: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "ROOM", 2)
    broker.answers.clear()
    box.put(broker.parcel(1))
    assert box.pause() == 0
    box.put(broker.parcel(2))

    assert box.pause() > 0

    broker.answers.set()


def test_a_parcel_is_given_back_once_the_database_is_there(broker: Broker, box: Outbox) -> None:
    broker.is_away = True
    failures = [OperationalError("gone"), OperationalError("gone")]
    given_back = threading.Event()

    def give_back() -> None:
        if failures:
            raise failures.pop()
        given_back.set()

    box.put(Parcel(send=broker.parcel(1).send, give_back=give_back))

    assert given_back.wait(SETTLED)


def test_a_closed_outbox_gives_back_what_it_had_not_begun(
    broker: Broker, box: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "CLOSE_SECONDS", 0.1)
    broker.answers.clear()
    for number in range(3):
        box.put(broker.parcel(number))

    box.close()
    broker.answers.set()

    eventually(lambda: broker.given_back == [2, 1], within=SETTLED)
    assert broker.sent == [0]
