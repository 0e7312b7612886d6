"""Tasks for the workers of acceptance tests. Each leaves a witness outside of the database."""

import os
import time
from pathlib import Path

from celery import shared_task


@shared_task(name="acceptance.witness")
def witness(path: str, line: str) -> str:
    """Append a line, in one write, so that lines of several processes never mix."""
    with Path(path).open("a") as file:
        file.write(f"{line}\n")
    return line


@shared_task(name="acceptance.linger")
def linger(path: str, seconds: float) -> int:
    """Tell the process id, then work for a while the first time, and not at all afterwards."""
    first = not Path(path).exists()
    witness(path, str(os.getpid()))
    if first:
        time.sleep(seconds)
    return os.getpid()


@shared_task(name="acceptance.nap")
def nap(seconds: float) -> None:
    """Keep a slot busy for a short time."""
    time.sleep(seconds)
