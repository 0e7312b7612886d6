"""The broker: publishing is bounded, and a lost acknowledgement makes no worker deaf."""

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from kombu.exceptions import OperationalError
from kombu.transport import redis
from redis.exceptions import ConnectionError as RedisConnectionError

from scheduler_project import celery_app


@pytest.fixture
def silent_address() -> Iterator[str]:
    """Return the address of a server that takes connections and never says a word, like a frozen one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_publishing_to_a_frozen_broker_gives_up_within_a_second(silent_address: str, scheme: str) -> None:
    began = time.monotonic()

    with (
        celery_app.connection_for_write(f"{scheme}://{silent_address}") as frozen,
        pytest.raises((OperationalError, RedisConnectionError)),
    ):
        celery_app.send_task("tests.add", connection=frozen, ignore_result=True)

    assert time.monotonic() - began < 1


def test_every_pool_of_producers_is_bounded() -> None:
    producers = celery_app.producer_pool

    with producers.acquire(block=True, timeout=1.0) as producer:
        assert options_of(producer.connection)["socket_timeout"] == 0.5
    assert options_of(celery_app.connection_for_read())["socket_timeout"] == 30


def options_of(connection: Any) -> dict[str, Any]:
    options: dict[str, Any] = connection.transport_options
    return options


@pytest.mark.parametrize("refuse", [lambda qos: qos.ack("tag"), lambda qos: qos.reject("tag", requeue=True)])
def test_a_message_whose_acknowledgement_is_lost_no_longer_counts_as_in_hand(
    refuse: Callable[[Any], None],
) -> None:
    channel = Mock(conn_or_acquire=Mock(side_effect=RedisConnectionError("gone")))
    qos: Any = redis.Channel.QoS(channel, prefetch_count=1)
    qos._quick_append("tag", Mock())
    assert not qos.can_consume()

    with pytest.raises(RedisConnectionError):
        refuse(qos)

    assert qos.can_consume()
    qos._on_collect.cancel()
