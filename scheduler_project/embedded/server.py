"""A running server as a process: recognised, and stopped."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Server:
    """A running server: our child, or adopted from a launcher that was killed."""

    pid: int
    directory: Path  # the one it was started on; part of its command line
    child: "subprocess.Popen[bytes] | None" = None

    def is_alive(self) -> bool:
        """Say whether it still runs; a process id alone may be anyone's after a crash."""
        if self.child:
            return self.child.poll() is None
        return self.pid > 0 and os.fsencode(self.directory) in _command_line(self.pid)

    def stop(self, signals: Sequence[tuple[signal.Signals, float]]) -> None:
        """Send each signal in turn, giving it its seconds, until the server is gone.

        An impatient Ctrl-C moves on to the next signal.
        """
        for number, seconds in signals:
            with contextlib.suppress(KeyboardInterrupt):
                if not self._send(number) or self._gone_within(seconds):
                    return

    def _send(self, number: signal.Signals) -> bool:
        if not self.is_alive():
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)
        return True

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True


def _command_line(pid: int) -> bytes:
    """Return how process `pid` was started; nothing for a dead one, a zombie, or another user's."""
    if Path("/proc/self/cmdline").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes()
        return b""
    asked = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(asked, capture_output=True, check=False).stdout  # noqa: S603
