"""What is going on, on standard error; standard output belongs to the table."""

import sys
import time

_BEGAN = time.monotonic()


def say(what: str) -> None:
    """Print a line with the time since the start."""
    sys.stderr.write(f"[{time.monotonic() - _BEGAN:6.1f} s] {what}\n")
    sys.stderr.flush()
