"""Real processes of the platform, on the test's database."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from scheduler_project import processes
from tests.acceptance import tasks  # noqa: F401 - the stories' workflows are saved in this process

ROOT = Path(settings.BASE_DIR)


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a process that shares the test's servers."""
    database = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    return {
        **os.environ,
        "DATABASE_URL": url,
        "HORARIUM_ENV": "test",
        "HORARIUM_TASK_MODULES": "tests.acceptance.tasks",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "default",
        **changes,
    }


class Running:
    """A process in a session of its own, its output kept for the failure message."""

    def __init__(self, name: str, **changes: str) -> None:
        table = processes.PROCESSES[name]
        env = environment(**{**table.environment, **changes})
        self.name = name
        self._process = subprocess.Popen(
            processes.command(name, env=env),
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def output(self) -> str:
        return "".join(self._lines)

    def signal_group(self, number: signal.Signals) -> None:
        os.killpg(self._process.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def wait(self, timeout: float) -> int:
        return self._process.wait(timeout)

    def stop(self) -> None:
        """End it and everything it started."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self.signal_group(signal.SIGKILL)
            self._process.wait()
        self._reader.join(5)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            self._lines.extend(output)


@contextmanager
def running(name: str, **changes: str) -> Iterator[Running]:
    """Run one process of the platform and show its output if the block fails."""
    process = Running(name, **changes)
    try:
        yield process
    except BaseException:
        sys.stderr.write(f"--- output of {name} ---\n{process.output()}\n")
        raise
    finally:
        process.stop()


def eventually(look: Callable[[], Any], *, within: float = 30.0, what: str = "") -> Any:
    """Return what `look` returns once it is true; fail after `within` seconds."""
    pause = threading.Event()
    until = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < until, f"not within {within} s: {what or look}"
        pause.wait(0.05)
    return seen
