"""Acts on several real connections, at the same time or one held up by another."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from django.db import connection, transaction

from tests.acceptance.processes import eventually


def beside(held: Callable[[], Any], other: Callable[[], Any], *, gives_up: bool = False) -> Any:
    """Do `held` and keep its transaction open until `other`, on a connection of its own, waits for it or is done.

    Args:
        gives_up: keep it open until `other` is done, which does not wait for ever.

    Returns:
        The result of `other`, or the exception that it raised.
    """
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held()
            result = pool.submit(_alone, other)
            eventually(
                lambda: result.done() or (not gives_up and _somebody_waits()), what="the other to be held up"
            )
        return _of(result)


def _alone(act: Callable[[], Any]) -> Any:
    try:
        return act()
    finally:
        connection.close()


def _of(result: "Future[Any]") -> Any:
    error = result.exception(30)
    return error or result.result()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do `acts` in threads of their own, each with its connection; an exception is its result."""
    gate = threading.Barrier(len(acts))

    def act_together(act: Callable[[], Any]) -> Any:
        connection.ensure_connection()
        gate.wait(10)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        results = [pool.submit(_alone, partial(act_together, act)) for act in acts]
        return [_of(result) for result in results]
