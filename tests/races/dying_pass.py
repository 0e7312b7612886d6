"""A process whose children make a pass of beat and are killed at a chosen point of it.

Reads a number a line. For each it forks a child that calls `schedules.fire.fire_due` and kills itself,
without any clean-up, at that boundary: point 2n is before the n-th statement or commit of the pass, point
2n + 1 after it. Prints `killed`, or `finished` where the pass has no such point.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from itertools import count
from typing import Any

import django
import psycopg


def main() -> None:
    django.setup()
    for line in sys.stdin:
        sys.stdout.write(f"{_fate_of(int(line))}\n")
        sys.stdout.flush()


def _fate_of(point: int) -> str:
    child = os.fork()
    if child == 0:
        _die_at(point)
        from schedules import fire

        fire.fire_due()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return "killed"
    return "finished" if status == 0 else f"broken: {status}"


def _die_at(point: int) -> None:
    boundaries = count()

    def boundary() -> None:
        if next(boundaries) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def between(act: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(act)
        def wrapped(*args: Any, **options: Any) -> Any:
            boundary()
            result = act(*args, **options)
            boundary()
            return result

        return wrapped

    psycopg.Cursor.execute = between(psycopg.Cursor.execute)  # type: ignore[method-assign]
    psycopg.Connection.commit = between(psycopg.Connection.commit)  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
