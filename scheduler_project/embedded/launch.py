"""Start a server and wait until it is ready, or say why it ended."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scheduler_project.embedded.account import Account
from scheduler_project.embedded.errors import DiskFull, EmbeddedServerError, StartFailed
from scheduler_project.embedded.server import POLL_SECONDS, Server

START_SECONDS = 60  # crash recovery on a slow disk
PORTS_TRIED = 5
FULL_DISK = ("no space left on device", "disk quota exceeded", "check free disk space")
PORT_TAKEN = ("address already in use", "could not bind")


class PortTaken(EmbeddedServerError):
    """Someone took the port between our look and the server's; try another."""


@dataclass(frozen=True)
class Launch:
    """How one server is started.

    `environment` is complete: a server sees nothing of the launcher's.
    """

    name: str
    command: Sequence[str | Path]
    directory: Path
    log: Path
    account: Account
    environment: Mapping[str, str]


def launch(how: Launch, *, ready: Callable[[], bool]) -> Server:
    """Start a server in a session of its own, wait until `ready`, and return it.

    A session of its own keeps the terminal's Ctrl-C away: workers must drain before their servers go.

    Raises:
        PortTaken, DiskFull, StartFailed: it ended; nothing is left running.
    """
    begin = how.log.stat().st_size if how.log.exists() else 0
    process = _spawn(how)
    try:
        _await(process, how=how, ready=ready, begin=begin)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return Server(pid=process.pid, directory=how.directory, child=process)


def _spawn(how: Launch) -> "subprocess.Popen[bytes]":
    with how.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            [os.fspath(part) for part in how.command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=dict(how.environment),
            umask=0o077,
            start_new_session=True,
            **how.account.identity,
        )


def _await(process: "subprocess.Popen[bytes]", *, how: Launch, ready: Callable[[], bool], begin: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None:
            raise _why_it_ended(how, begin=begin)
        if time.monotonic() > deadline:
            raise StartFailed(how.name, log=how.log, said=f"it was not ready after {START_SECONDS} s")
        time.sleep(POLL_SECONDS)


def _why_it_ended(how: Launch, *, begin: int) -> EmbeddedServerError:
    with how.log.open("rb") as log:
        log.seek(begin)
        lines = log.read().decode(errors="replace").strip().splitlines()
    return explain_output(how.name, lines=lines, log=how.log)


def explain_output(name: str, *, lines: Sequence[str], log: Path) -> EmbeddedServerError:
    """Return the error that a server's last words stand for."""
    text = "\n".join(lines).lower()
    if any(phrase in text for phrase in FULL_DISK):
        return DiskFull(log.parent)
    if any(phrase in text for phrase in PORT_TAKEN):
        return PortTaken(f"{name} found its port taken; start again.")
    fatal = [line for line in lines if "FATAL" in line or "error" in line.lower()] or list(lines[-1:])
    return StartFailed(name, log=log, said=fatal[-1].strip() if fatal else "it ended without a word")
