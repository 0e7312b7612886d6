"""Workers that meet at one circuit, with real connections."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from events.models import Event
from executions.circuits import breaker, rows
from executions.circuits.breaker import Standing, Tally
from executions.circuits.rows import Key
from executions.models import Circuit
from organizations.models import Organization
from tests.executions.circuits.test_breaker import NOON, POLICY, SECOND
from tests.races.connections import at_once, beside

pytestmark = pytest.mark.django_db(transaction=True)

AFTER_THE_PAUSE = NOON + POLICY.pause


@pytest.fixture
def key(organization: Organization) -> Key:
    return Key(organization.pk, "http:api.example")


def fail(key: Key, times: int = 1) -> Callable[[], Any]:
    add = partial(breaker.counted, tally=Tally(0, times), policy=POLICY, now=NOON)
    return partial(rows.change, key, add, now=NOON)


def probe(key: Key) -> Callable[[], tuple[Standing, bool]]:
    take = partial(breaker.probing, until=AFTER_THE_PAUSE + 30 * SECOND, now=AFTER_THE_PAUSE)
    return partial(rows.change, key, take, now=AFTER_THE_PAUSE)


def test_of_many_workers_exactly_one_probes(key: Key) -> None:
    fail(key, 9)()

    taken = [is_taken for _, is_taken in at_once(*[probe(key)] * 4)]

    assert sorted(taken) == [False, False, False, True]


def test_a_worker_that_comes_while_another_takes_the_probe_does_not_get_it(key: Key) -> None:
    fail(key, 9)()

    standing, is_taken = beside(probe(key), probe(key))

    assert not is_taken
    assert breaker.permission(standing, now=AFTER_THE_PAUSE) is breaker.Permission.WAIT


def test_failures_that_are_told_at_once_all_count_and_open_it_once(key: Key) -> None:
    at_once(*[fail(key)] * 4)

    circuit = Circuit.objects.get()
    assert (circuit.state, circuit.failures) == ("open", 4)
    assert Event.objects.filter(type="circuit.opened").count() == 1


def test_a_probe_that_answers_after_a_reset_opens_nothing(key: Key) -> None:
    fail(key, 9)()
    standing, _ = probe(key)()
    assert standing.probing_until is not None
    reset = partial(rows.change, key, lambda _: breaker.closed(now=AFTER_THE_PAUSE), now=AFTER_THE_PAUSE)
    answer = partial(
        breaker.answered, probe=standing.probing_until, is_well=False, pause=POLICY.pause, now=AFTER_THE_PAUSE
    )

    beside(reset, partial(rows.change, key, answer, now=AFTER_THE_PAUSE))

    assert Circuit.objects.get().state == "closed"
