"""A database of Valkey, seen from outside of Celery."""

from typing import Any

import redis

QUEUE = "celery"  # the list of Celery's default queue
UNACKED = "unacked"  # the hash of messages that workers hold


class Broker:
    """Watches queues and counts commands; its own are left out of the count."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client: Any = redis.Redis.from_url(url, decode_responses=True, socket_timeout=30)
        self._own = 0

    def clear(self) -> None:
        """Forget every message of this database."""
        self.client.flushdb()

    def waiting(self, queue: str = QUEUE) -> int:
        """Return how many messages wait or are held by a worker."""
        self._own += 2
        return int(self.client.llen(queue)) + int(self.client.hlen(UNACKED))

    def held(self) -> int:
        """Return how many messages workers hold."""
        self._own += 1
        return int(self.client.hlen(UNACKED))

    def commands(self) -> int:
        """Return how many commands other clients have sent so far."""
        stats = self.client.info("commandstats")
        total = sum(entry["calls"] for name, entry in stats.items() if name != "cmdstat_info")
        return int(total) - self._own
