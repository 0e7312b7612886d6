"""Publish tasks from a process of its own: `python -m benchmarks.peers.publish stock 5000`.

Prints the seconds that each took, start-up and connecting left out.
"""

import argparse
import sys
import time
from importlib import import_module

import django
from celery import Celery, chain, group

from benchmarks import tasks

WARM = 10  # calls before the clock starts; they open the connection


def main() -> None:
    """Read the arguments and publish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=["bare", "stock"])
    parser.add_argument("count", type=int)
    parser.add_argument("--canvas", choices=["chain", "group"], help="of empty tasks, `count` of them")
    parser.add_argument("--every", type=float, default=0.0, help="seconds between two stamped tasks")
    chosen = parser.parse_args()
    app: Celery = import_module(f"benchmarks.peers.{chosen.peer}").app
    app.set_default()
    if chosen.peer == "stock":
        django.setup()
    if chosen.canvas:
        seconds = canvases(chosen.count, chosen.canvas)
    else:
        seconds = at_pace(chosen.count, every=chosen.every) if chosen.every else at_once(chosen.count)
    sys.stdout.write(f"{seconds}\n")


def at_once(count: int) -> float:
    """Publish `count` empty tasks one by one and return the seconds that each but the first few took."""
    for _ in range(WARM):
        tasks.noop.delay()
    began = time.perf_counter()
    for _ in range(count - WARM):
        tasks.noop.delay()
    return (time.perf_counter() - began) / (count - WARM)


def canvases(count: int, kind: str) -> float:
    """Publish chains of ten or groups of a hundred empty tasks; return the seconds that each took."""
    canvas = chain(*[tasks.noop.si()] * 10) if kind == "chain" else group([tasks.noop.si()] * 100)
    began = time.perf_counter()
    for _ in range(count):
        canvas.apply_async()
    return (time.perf_counter() - began) / count


def at_pace(count: int, *, every: float) -> float:
    """Publish `count` tasks that stamp their beginning, one each `every` seconds."""
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(began + number * every - time.monotonic(), 0))
        tasks.stamp.delay(str(time.time_ns()))
    return (time.monotonic() - began) / count


if __name__ == "__main__":
    main()
