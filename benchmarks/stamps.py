"""When a task's first line ran, told through Valkey."""

import os
import time
from functools import cache
from typing import Any

import redis

URL = "BENCH_STAMPS_URL"  # environment variable
KEY = "stamps"


@cache
def _client() -> Any:
    return redis.Redis.from_url(os.environ[URL], decode_responses=True)


def write(sent_ns: str, now_ns: int) -> None:
    """Tell that what was asked for at `sent_ns` began at `now_ns`."""
    _client().rpush(KEY, f"{sent_ns} {now_ns}")


def clear() -> None:
    """Forget all stamps."""
    _client().delete(KEY)


def count() -> int:
    """Return how many tasks have begun."""
    return int(_client().llen(KEY))


def read() -> list[tuple[int, int]]:
    """Return (asked for, begun) of each task in nanoseconds, in the order of asking."""
    return sorted((int(sent), int(begun)) for sent, begun in map(str.split, _client().lrange(KEY, 0, -1)))


def wait_for(wanted: int, *, within: float) -> bool:
    """Return whether `wanted` tasks have begun within so many seconds."""
    until = time.monotonic() + within
    while count() < wanted:
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True
