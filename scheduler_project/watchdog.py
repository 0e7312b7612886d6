"""End the processes of a supervisor that was killed.

One small process holds the reading end of a pipe whose only writer is the supervisor. When the
supervisor is gone, however it went, the pipe ends, and the watchdog ends every process group it was
told of: the children and, because they share the group, their children. It is run as a file,
without this package, so that it stays small.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import IO, Self

GRACE_SECONDS = 3.0
POLL_SECONDS = 0.05


class Watchdog:
    """The supervisor's end: tell which process groups must not outlive this process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def watch(self, group: int, *, ask_with: signal.Signals = signal.SIGTERM) -> None:
        """End process group `group` with signal `ask_with`, later SIGKILL, should this process die."""
        self._tell(f"watch {group} {ask_with.value}")

    def forget(self, group: int) -> None:
        """Leave process group `group` alone: it has ended, and its number may be reused."""
        self._tell(f"forget {group}")

    def close(self) -> None:
        """Forget everything and end the watchdog."""
        self._tell("leave")
        with contextlib.suppress(OSError):
            self._stdin.close()
        self._process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101  (asked for above)
        return self._process.stdin

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):  # a killed watchdog is a loss, not a reason to stop
            self._stdin.write(f"{line}\n".encode("ascii"))
            self._stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def main() -> None:
    """Read what to watch until the pipe ends, then end it."""
    groups: dict[int, int] = {}
    for line in sys.stdin:
        word, *numbers = line.split()
        if word == "leave":
            return
        if word == "watch":
            groups[int(numbers[0])] = int(numbers[1])
        else:
            groups.pop(int(numbers[0]), None)
    end(groups)


def end(groups: dict[int, int]) -> None:
    """Ask each process group to end with its signal, and kill what is left after the grace."""
    for group, ask_with in groups.items():
        _signal(group, ask_with)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(_signal(group, 0) for group in groups) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
