"""A bound on the requests of one caller, counted in Redis for all web processes together."""

import time
from threading import Lock
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 60
TIMEOUT_SECONDS = 0.1  # what a request waits for Redis at most
REST_SECONDS = 5.0  # after Redis failed, nothing is asked of it, and nobody refused, for this long


class CallerThrottle(BaseThrottle):
    """Counts requests of each API key or person by the minute; without Redis it lets all pass."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return whether the caller is within `HORARIUM_API_REQUESTS_PER_MINUTE`; 0 means no bound."""
        del view
        limit = settings.ENVIRONMENT.api_requests_per_minute
        if not limit or not request.user.is_authenticated:
            return True
        self._now = time.time()
        return _counter.add(f"{request.user.pk}:{self._now // WINDOW_SECONDS:.0f}") <= limit

    def wait(self) -> float:
        """Return the seconds until the next minute begins."""
        return WINDOW_SECONDS - self._now % WINDOW_SECONDS


class Counter:
    """Counts in Redis, and answers 0 while Redis is away."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None
        self._lock = Lock()
        self._resting_until = 0.0

    def add(self, name: str) -> int:
        """Add one to the count `name`, which is forgotten after two windows, and return it."""
        if time.monotonic() < self._resting_until:
            return 0
        key = f"horarium:requests:{name}"
        try:
            pipe = self._connected().pipeline(transaction=False)
            pipe.incr(key)
            pipe.expire(key, 2 * WINDOW_SECONDS)
            count, _ = pipe.execute()
        except redis.RedisError as error:
            self._resting_until = time.monotonic() + REST_SECONDS
            log.warning("requests are not counted: Redis is away", error=str(error))
            return 0
        return int(count)

    def _connected(self) -> redis.Redis:
        with self._lock:
            if self._client is None:
                self._client = redis.Redis.from_url(
                    settings.REDIS_URL,
                    socket_timeout=TIMEOUT_SECONDS,
                    socket_connect_timeout=TIMEOUT_SECONDS,
                    retry=Retry(NoBackoff(), 0),
                )
            return self._client


_counter = Counter()
