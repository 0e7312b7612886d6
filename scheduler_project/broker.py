"""The broker: publishing never waits long for it, and consuming always comes back to it."""

from typing import Any, Self

import kombu
from celery import Celery
from celery.app import amqp
from kombu.transport import redis, virtual

RECONNECT_SECONDS = 2  # the longest pause between two tries of a worker; kombu's own grows to 30

# Each of these belongs to one transport; the others leave it unread.
PUBLISHING = {
    "max_retries": 0,  # kombu would sleep 2 s and try again
    "socket_timeout": 0.5,  # Redis; a consumer, which may wait for a message, has its own in the settings
    "read_timeout": 0.5,  # RabbitMQ
    "write_timeout": 0.5,
}


LOST = redis.get_redis_error_classes().connection_errors


class Connection(kombu.Connection):
    """A connection that, lost, is tried again every few seconds."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Self:
        """Connect, and go on trying as the caller wishes."""
        return super().ensure_connection(*args, **{"interval_max": RECONNECT_SECONDS, **kwargs})


class AMQP(amqp.AMQP):
    """Celery's message layer on our connections."""

    Connection = Connection


class Application(Celery):
    """A Celery application that publishes over connections of their own, bounded to about half a second."""

    amqp_cls = "scheduler_project.broker:AMQP"

    def connection_for_write(self, url: str | None = None, **kwargs: Any) -> kombu.Connection:
        """Return a connection that gives up soon; every pool of producers is made of these."""
        options = {**PUBLISHING, **(kwargs.pop("transport_options", None) or {})}
        return super().connection_for_write(url, transport_options=options, **kwargs)


class QoS(redis.QoS):
    """Count of the messages in hand that survives a lost connection.

    kombu 5.7 tells Redis first and itself second: when Redis is away a message
    that was acknowledged stays "in hand" for ever. With as many of those as
    the prefetch count the worker never asks for another one, looks healthy,
    and is not even told that its connection is gone.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge; over a lost connection forget the message here, which Redis may deliver again."""
        try:
            super().ack(delivery_tag)
        except LOST:
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's signature
        """Refuse; over a lost connection forget the message here, which Redis may deliver again."""
        try:
            super().reject(delivery_tag, requeue=requeue)
        except LOST:
            virtual.QoS.ack(self, delivery_tag)
            raise


redis.Channel.QoS = QoS
