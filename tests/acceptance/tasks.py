"""Tasks for the workers of acceptance tests. Each leaves a witness outside of the database."""

import itertools
import os
import signal
import time
from collections import deque
from pathlib import Path

from celery import shared_task

import horarium
from tests.acceptance.effects import Attempted, note


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


@shared_task(name="acceptance.hang")
def hang(path: str) -> None:
    """Tell the process id, then hang in C, with Python's lock held: no signal and no thread gets through."""
    witness(path, str(os.getpid()))
    deque(itertools.repeat(0), maxlen=0)


@shared_task(name="acceptance.crash")
def crash(path: str) -> None:
    """Die like a process that the kernel has chosen."""
    witness(path, str(os.getpid()))
    os.kill(os.getpid(), signal.SIGKILL)


@shared_task(name="acceptance.burn")
def burn(path: str) -> None:
    """Keep a processor busy until a file appears."""
    while not Path(path).exists():
        sum(range(10_000))


@shared_task(name="acceptance.effect")
def effect(path: str, *, gate: str = "", fails: bool = False, stubborn: bool = False) -> None:
    """Have an effect that `tests.acceptance.witness` can check, and fail after it began where told to.

    Args:
        gate: a file for which the first attempt waits between its beginning and its effect.
        stubborn: no signal gets through to the code, as in some libraries written in C.
    """
    if stubborn:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    by = Attempted.of(horarium.idempotency_key() or "", horarium.attempt() or 0)
    note(path, by, "begin")
    while gate and by.attempt == 1 and not Path(gate).exists():
        time.sleep(0.02)
    if fails:
        raise ValueError("told to fail")
    note(path, by, "end")
