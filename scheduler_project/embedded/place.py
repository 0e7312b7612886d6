"""Where the servers' files live, and what is remembered about them between starts."""

import errno
import hashlib
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from scheduler_project.embedded.account import Account
from scheduler_project.embedded.errors import DiskFull, PlaceRefused

ROOM = 100 * 1024 * 1024  # bytes; a fresh cluster takes 40 MB and its first WAL segments as much again
ELSEWHERE = tuple(map(Path, ("/var/lib", "/var/tmp", "/tmp")))  # noqa: S108  (own directory, mode 0711, checked)
LARGEST_LOG = 10 * 1024 * 1024  # bytes


@dataclass
class Place:
    """The files of one pair of servers.

    `data_dir` is what the user named; `files` is the same directory, or one below a traversable
    parent when the account that runs the servers cannot get into `data_dir`.
    """

    data_dir: Path
    files: Path
    password: str
    postgres_port: int
    redis_port: int

    @property
    def postgres(self) -> Path:
        return self.files / "postgres"

    @property
    def redis(self) -> Path:
        return self.files / "redis"

    def log(self, server: str) -> Path:
        """Return the log file of `server`, put aside first when it has grown large."""
        path = self.data_dir / f"{server}.log"
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        return path

    def save(self) -> None:
        """Remember this place, by an atomic replacement that only the owner may read."""
        values = {
            key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()
        }
        passing = self.data_dir / "servers.json.new"
        passing.unlink(missing_ok=True)
        descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(values, file)
        passing.replace(self.data_dir / "servers.json")


def prepare(data_dir: Path, *, account: Account) -> None:
    """Create `data_dir`.

    Raises:
        OSError: it cannot be created or written; the caller explains it.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    if data_dir.stat().st_uid == os.geteuid():
        data_dir.chmod(0o711 if account.switched else 0o700)
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def remembered(data_dir: Path) -> Place | None:
    """Return what the last start saved, or None at the first."""
    try:
        values = json.loads((data_dir / "servers.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    # A directory that was moved or copied brings its files along, unless they live elsewhere.
    inside = values["files"] == values["data_dir"]
    values["files"] = data_dir if inside else Path(values["files"])
    return Place(**{**values, "data_dir": data_dir})


def create(data_dir: Path, *, account: Account) -> Place:
    """Choose where the files live and make up a password; nothing is started."""
    files = data_dir if account.can_enter(data_dir) else _elsewhere(data_dir, account=account)
    place = Place(
        data_dir=data_dir, files=files, password=secrets.token_urlsafe(24), postgres_port=0, redis_port=0
    )
    place.save()
    return place


def require_room(directory: Path) -> None:
    """Raise `DiskFull` unless a start has the room it needs."""
    if shutil.disk_usage(directory).free < ROOM:
        raise DiskFull(directory)


def elsewhere_name(data_dir: Path) -> str:
    """Return the name of the directory that stands in for `data_dir`; the same at every start."""
    return "horarium-" + hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]


def _elsewhere(data_dir: Path, *, account: Account) -> Path:
    for parent in ELSEWHERE:
        if parent.is_dir() and os.access(parent, os.W_OK) and account.can_enter(parent):
            return _own_directory(parent / elsewhere_name(data_dir))
    raise PlaceRefused(data_dir, reason="the account that runs the servers cannot get into it")


def _own_directory(path: Path) -> Path:
    path.mkdir(mode=0o711, exist_ok=True)
    if path.is_symlink() or path.lstat().st_uid != os.geteuid():
        raise PlaceRefused(path, reason="it belongs to someone else")
    path.chmod(0o711)
    return path


@contextmanager
def explained(directory: Path) -> Iterator[None]:
    """Turn the operating system's refusals into sentences with a remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(directory) from error
        reason = (error.strerror or str(error)).lower()
        raise PlaceRefused(directory, reason=reason) from error


def free_port(preferred: int = 0) -> int:
    """Return `preferred` if it can still be had on 127.0.0.1, else any free port."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise PlaceRefused(Path("127.0.0.1"), reason="no free port")
