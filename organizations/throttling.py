"""Bounds by the minute, counted in Redis for all web processes together."""

import time
from threading import Lock

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 60
TIMEOUT_SECONDS = 0.1  # what a request waits for Redis at most
REST_SECONDS = 5.0  # after Redis failed, nothing is asked of it, and nobody refused, for this long


def allowed(name: str, *, limit: int, at: float, amount: int = 1) -> float | None:
    """Count `amount` for `name`, and say whether that is within `limit` a minute.

    What is refused counts as well. While Redis is away everything is allowed.

    Args:
        name: who is counted and for what, such as `caller:7`; a short text, as it is the key in Redis.
        limit: 0 sets no bound, and nothing is counted.
        at: seconds since 1970; minutes begin at its multiples of 60.

    Returns:
        None where it is allowed, else the seconds until the next minute begins.
    """
    if not limit:
        return None
    window, passed = divmod(at, WINDOW_SECONDS)
    count = _counter.add(f"{name}:{window:.0f}", amount=amount)
    return None if count <= limit else WINDOW_SECONDS - passed


class Counter:
    """Counts in Redis, and answers 0 while Redis is away."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None
        self._lock = Lock()
        self._resting_until = 0.0

    def add(self, name: str, *, amount: int) -> int:
        """Add to the count `name`, which is forgotten after two windows, and return it."""
        if time.monotonic() < self._resting_until:
            return 0
        key = f"horarium:requests:{name}"
        try:
            pipe = self._connected().pipeline(transaction=False)
            pipe.incrby(key, amount)
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
