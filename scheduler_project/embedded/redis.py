"""Redis, or rather Valkey, its free fork: started, adopted, stopped."""

import contextlib
import os
import re
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from scheduler_project.embedded import binaries
from scheduler_project.embedded.account import Account
from scheduler_project.embedded.launch import PORTS_TRIED, Launch, PortTaken, launch
from scheduler_project.embedded.place import Place, free_port
from scheduler_project.embedded.server import Server

STOP_SIGNALS = ((signal.SIGTERM, 4.0), (signal.SIGKILL, 2.0))
ANSWER_SECONDS = 2.0  # a local PING takes well under a millisecond


def obtain(place: Place, *, account: Account, durable: bool) -> Server:
    """Adopt the server that a killed launcher left, or start one."""
    left = _left_over(place)
    if left and _process_id(place) == left.pid:
        return left
    if left:
        left.stop(STOP_SIGNALS)
    return _start(place, account=account, durable=durable)


def leftover(place: Place) -> Server | None:
    """Return the server that still runs on this place's files."""
    return _left_over(place)


def url(place: Place) -> str:
    """Return the address of database 0."""
    return f"redis://:{place.password}@127.0.0.1:{place.redis_port}/0"


def _left_over(place: Place) -> Server | None:
    try:
        pid = int((place.redis / "redis.pid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    server = Server(pid=pid, directory=place.redis)
    return server if server.is_alive() else None


def _start(place: Place, *, account: Account, durable: bool) -> Server:
    program = binaries.redis(account)
    place.redis.mkdir(mode=0o700, exist_ok=True)
    account.own(place.redis)
    for _ in range(PORTS_TRIED):
        place.redis_port = free_port(place.redis_port)
        place.save()
        how = _launch(place, program=program, account=account, durable=durable)
        with contextlib.suppress(PortTaken):
            return launch(how, ready=lambda: _process_id(place) is not None)
    raise PortTaken("No port stayed free long enough for Redis; start again.")


def _launch(place: Place, *, program: Path, account: Account, durable: bool) -> Launch:
    config = place.redis / "redis.conf"
    config.unlink(missing_ok=True)
    descriptor = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_config(place, durable=durable))
    account.own(config)
    return Launch(
        name="Redis",
        command=[program, config],
        directory=place.redis,
        log=place.log("redis"),
        account=account,
        environment={"LC_ALL": "C", "PATH": os.defpath},
    )


def _config(place: Place, *, durable: bool) -> str:
    """Return the configuration; the password is here because `ps` shows command lines."""
    directory = str(place.redis).replace("\\", "\\\\").replace('"', '\\"')
    return f"""\
bind 127.0.0.1
port {place.redis_port}
requirepass {place.password}
dir "{directory}"
pidfile "{directory}/redis.pid"
set-proc-title no
databases 64
save ""
appendonly {"yes" if durable else "no"}
maxmemory-policy noeviction
"""


@dataclass
class _Talk:
    """A few words of the Redis protocol, so that this package needs no client."""

    connection: socket.socket

    def say(self, *words: str) -> bytes:
        parts = [f"*{len(words)}", *(line for word in words for line in (f"${len(word.encode())}", word))]
        self.connection.sendall("\r\n".join([*parts, ""]).encode())
        return self.connection.recv(65536)


def _process_id(place: Place) -> int | None:
    """Return who answers to our password on the remembered port, once it has loaded its data."""
    address = ("127.0.0.1", place.redis_port)
    with (
        contextlib.suppress(OSError),
        socket.create_connection(address, timeout=ANSWER_SECONDS) as connection,
    ):
        talk = _Talk(connection)
        if talk.say("AUTH", place.password).startswith(b"+OK") and talk.say("PING").startswith(b"+PONG"):
            found = re.search(rb"process_id:(\d+)", talk.say("INFO", "server"))
            return int(found[1]) if found else None
    return None
