"""PostgreSQL: initialised, started, adopted, stopped."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from scheduler_project.embedded import binaries
from scheduler_project.embedded.account import Account
from scheduler_project.embedded.errors import DataUnusable
from scheduler_project.embedded.launch import PORTS_TRIED, Launch, PortTaken, explain_output, launch
from scheduler_project.embedded.place import Place, free_port, require_room
from scheduler_project.embedded.server import Server

NAME = "horarium"  # of the role and of the database
# SIGTERM would wait for every client to leave; SIGINT ends their sessions; SIGQUIT costs a recovery.
STOP_SIGNALS = ((signal.SIGINT, 5.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 2.0))
ANSWER_SECONDS = 5
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# A cluster that nobody misses after a power cut: tests.
FLEETING = {"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0"}


def obtain(place: Place, *, account: Account, durable: bool) -> Server:
    """Adopt the server that a killed launcher left, or start one; its database exists.

    Raises:
        EmbeddedServerError: it cannot run; nothing of this call is left running.
    """
    left = leftover(place)
    if left and _answers(place, durable=durable):
        return left
    if left:
        left.stop(STOP_SIGNALS)
    return _start(place, account=account, durable=durable)


def leftover(place: Place) -> Server | None:
    """Return the server that still runs on this place's files, with its port noted in `place`."""
    lines = _pid_file(place)
    if len(lines) < 4 or not (lines[0].isdigit() and lines[3].isdigit()):
        return None
    server = Server(pid=int(lines[0]), directory=place.postgres)
    if not server.is_alive():
        return None
    place.postgres_port = int(lines[3])
    return server


def url(place: Place) -> str:
    """Return the address of the database."""
    return f"postgres://{NAME}:{place.password}@127.0.0.1:{place.postgres_port}/{NAME}"


def _pid_file(place: Place) -> list[str]:
    """Return the lines of `postmaster.pid`: process id, directory, start, port, …, status."""
    try:
        return (place.postgres / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _answers(place: Place, *, durable: bool) -> bool:
    """Say whether a left-over server takes our password and is as careful with data as we want it."""
    with contextlib.suppress(psycopg.OperationalError), _connect(place) as connection:
        row = connection.execute("SHOW fsync").fetchone()
        return row == ("on" if durable else "off",)
    return False


def _start(place: Place, *, account: Account, durable: bool) -> Server:
    programs = binaries.postgres(account)
    require_room(place.files)
    if not place.postgres.exists():
        _initialise(place, programs=programs, account=account, durable=durable)
    _check_version(place, programs=programs, account=account)
    # A living process of ours would have been found: whoever has this id now is somebody else.
    (place.postgres / "postmaster.pid").unlink(missing_ok=True)

    server = _launch(place, programs=programs, account=account, durable=durable)
    try:
        _create_database(place)
    except psycopg.Error as error:
        server.stop(STOP_SIGNALS)
        said = str(error).splitlines()
        raise explain_output("PostgreSQL", lines=said, log=place.log("postgres")) from error
    except BaseException:
        server.stop(STOP_SIGNALS)
        raise
    return server


def _initialise(place: Place, *, programs: Path, account: Account, durable: bool) -> None:
    """Create the cluster under a passing name: a broken-off initdb is never taken for a whole one."""
    passing = place.files / "postgres.new"
    shutil.rmtree(passing, ignore_errors=True)
    passing.mkdir(mode=0o700)
    account.own(passing)
    _run_initdb(place, passing=passing, programs=programs, account=account, durable=durable)
    passing.rename(place.postgres)


def _run_initdb(place: Place, *, passing: Path, programs: Path, account: Account, durable: bool) -> None:
    with tempfile.NamedTemporaryFile("w", dir=place.files, prefix="password.") as password:
        password.write(place.password)
        password.flush()
        account.own(Path(password.name))
        command: list[str | Path] = [programs / "initdb", "-D", passing, "-U", NAME, "-A", "scram-sha-256"]
        command += ["--no-locale", "-E", "UTF8", f"--pwfile={password.name}"]
        done = subprocess.run(  # noqa: S603
            [*command, *([] if durable else ["--no-sync"])],
            cwd="/",
            env=_environment(),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            # Ctrl-C is ours to answer: initdb would be half way through its clean-up when we leave.
            start_new_session=True,
            **account.identity,
        )
    if done.returncode:
        log = place.log("postgres")
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise explain_output("PostgreSQL", lines=done.stderr.splitlines(), log=log)


def _check_version(place: Place, *, programs: Path, account: Account) -> None:
    """Raise `DataUnusable` unless the files were written by the same major version."""
    on_disk = (place.postgres / "PG_VERSION").read_text(encoding="ascii").strip()
    ours = binaries.version(programs / "postgres", account=account)
    if ours and on_disk != str(ours[0]):
        reason = f"PostgreSQL {on_disk} wrote it and {ours[0]} would read it"
        raise DataUnusable(place.postgres, reason=reason)


def _launch(place: Place, *, programs: Path, account: Account, durable: bool) -> Server:
    for _ in range(PORTS_TRIED):
        place.postgres_port = free_port(place.postgres_port)
        place.save()
        settings = {**SETTINGS, **({} if durable else FLEETING), "port": str(place.postgres_port)}
        how = Launch(
            name="PostgreSQL",
            command=[programs / "postgres", "-D", place.postgres, *_options(settings)],
            directory=place.postgres,
            log=place.log("postgres"),
            account=account,
            environment=_environment(),
        )
        with contextlib.suppress(PortTaken):
            return launch(how, ready=lambda: _is_ready(place))
    raise PortTaken("No port stayed free long enough for PostgreSQL; start again.")


def _options(settings: dict[str, str]) -> list[str]:
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _environment() -> dict[str, str]:
    """Return an environment without the caller's PG* variables and locale."""
    return {"LC_ALL": "C", "PATH": os.defpath}


def _is_ready(place: Place) -> bool:
    lines = _pid_file(place)
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _create_database(place: Place) -> None:
    """Create the database unless an earlier start did; a start may have been killed in between."""
    with _connect(place) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
        if not known:
            connection.execute(f"CREATE DATABASE {NAME}")


def _connect(place: Place) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host="127.0.0.1",
        port=place.postgres_port,
        user=NAME,
        password=place.password,
        dbname="postgres",
        connect_timeout=ANSWER_SECONDS,
        autocommit=True,
    )
