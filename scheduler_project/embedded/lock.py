"""One launcher at a time for one data directory."""

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from scheduler_project.embedded.errors import AlreadyRunning

Announce = Callable[[str], None]


@contextlib.contextmanager
def launcher_lock(data_dir: Path) -> Iterator[Announce]:
    """Hold the directory's lock; yield the function that tells a second launcher our address.

    The kernel lets go of the lock when this process ends, however it ends.

    Raises:
        AlreadyRunning: another process holds it.
    """
    with (data_dir / "launcher.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid, address = _holder(data_dir)
            raise AlreadyRunning(data_dir, pid=pid, address=address) from error
        _write_holder(data_dir, address="")
        yield lambda address: _write_holder(data_dir, address=address)


def is_held(data_dir: Path) -> bool:
    """Say whether a living launcher holds the directory's lock."""
    try:
        with (data_dir / "launcher.lock").open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _write_holder(data_dir: Path, *, address: str) -> None:
    holder = json.dumps({"pid": os.getpid(), "address": address})
    (data_dir / "launcher.json").write_text(holder, encoding="utf-8")


def _holder(data_dir: Path) -> tuple[int | None, str]:
    """Read who holds the lock, and at which address; it may be writing its name just now."""
    try:
        holder = json.loads((data_dir / "launcher.json").read_text(encoding="utf-8"))
        return int(holder["pid"]), str(holder["address"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, ""
