"""Both servers as one thing: run, adopt, attach, remove."""

import contextlib
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scheduler_project.embedded import lock, place, postgres, redis
from scheduler_project.embedded.account import Account, unprivileged
from scheduler_project.embedded.server import Server
from scheduler_project.watchdog import Watchdog


@dataclass(frozen=True)
class Servers:
    """Where the two servers listen."""

    database_url: str = field(repr=False)  # both hold the password
    redis_url: str = field(repr=False)
    announce: lock.Announce  # tells a second launcher the address that people use


@contextlib.contextmanager
def running(data_dir: Path, *, durable: bool = True) -> Iterator[Servers]:
    """Run PostgreSQL and Redis on the files in `data_dir` until the block ends.

    Servers that a killed launcher left are adopted. Data, ports and password stay for the next time.

    Args:
        durable: False trades safety after a power cut for speed, and takes the servers along
            should this process be killed: for tests.

    Raises:
        EmbeddedServerError: one sentence for a person; nothing is left running.
    """
    data_dir = data_dir.absolute()
    with contextlib.ExitStack() as stack:
        with place.explained(data_dir):
            servers = _start(data_dir, durable=durable, stack=stack)
        yield servers


def _start(data_dir: Path, *, durable: bool, stack: contextlib.ExitStack) -> Servers:
    """Start or adopt both servers; `stack` stops them, Redis first."""
    account = unprivileged()
    place.prepare(data_dir, account=account)
    announce = stack.enter_context(lock.launcher_lock(data_dir))
    here = place.remembered(data_dir) or _first(data_dir, account=account)

    database = postgres.obtain(here, account=account, durable=durable)
    stack.callback(database.stop, postgres.STOP_SIGNALS)
    queue = redis.obtain(here, account=account, durable=durable)
    stack.callback(queue.stop, redis.STOP_SIGNALS)
    if not durable:
        stack.enter_context(_tied_to_this_process(database, queue))
    return Servers(postgres.url(here), redis.url(here), announce)


def attached(data_dir: Path) -> Servers | None:
    """Return the servers that a living launcher runs on `data_dir`, or None."""
    data_dir = data_dir.absolute()
    here = place.remembered(data_dir)
    if here is None or not lock.is_held(data_dir):
        return None
    return Servers(postgres.url(here), redis.url(here), announce=lambda _: None)


def remove(data_dir: Path) -> None:
    """Stop what a killed launcher left on `data_dir` and delete everything it holds.

    Raises:
        AlreadyRunning: a living launcher uses it; nothing is deleted.
    """
    data_dir = data_dir.absolute()
    if not data_dir.is_dir():
        return
    with lock.launcher_lock(data_dir), place.explained(data_dir):
        here = place.remembered(data_dir)
        if here:
            _stop_leftovers(here)
            shutil.rmtree(here.files if here.files != data_dir else here.postgres, ignore_errors=True)
        shutil.rmtree(data_dir)


def _first(data_dir: Path, *, account: Account) -> place.Place:
    """Return a new place; what an earlier directory of the same name left elsewhere goes first."""
    here = place.create(data_dir, account=account)
    _stop_leftovers(here)
    for stale in (here.postgres, here.redis):
        if stale.exists():
            shutil.rmtree(stale)
    return here


def _stop_leftovers(here: place.Place) -> None:
    for server, signals in (
        (redis.leftover(here), redis.STOP_SIGNALS),
        (postgres.leftover(here), postgres.STOP_SIGNALS),
    ):
        if server:
            server.stop(signals)


@contextlib.contextmanager
def _tied_to_this_process(database: Server, queue: Server) -> Iterator[None]:
    with Watchdog() as watchdog:
        watchdog.watch(queue.pid, ask_with=signal.SIGTERM)
        watchdog.watch(database.pid, ask_with=signal.SIGQUIT)
        yield
