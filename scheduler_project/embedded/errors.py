"""What can go wrong with the embedded servers; every message ends with what to do."""

from pathlib import Path


class EmbeddedServerError(Exception):
    """The embedded servers cannot be used; show the message, it is one sentence for a person."""


class AlreadyRunning(EmbeddedServerError):
    """A living launcher owns the data directory; stop that one first."""

    def __init__(self, data_dir: Path, *, pid: int | None, address: str) -> None:
        where = f"at {address}" if address else f"in {data_dir}"
        who = f" (pid {pid})" if pid else ""
        super().__init__(f"Horarium is already running {where}{who}; stop it first.")


class BinaryMissing(EmbeddedServerError):
    """No usable server program on this machine; install one or name it in the environment."""

    def __init__(self, what: str, *, remedy: str, tried: list[str]) -> None:
        looked = f" (tried: {'; '.join(tried)})" if tried else ""
        super().__init__(f"No usable {what} was found{looked}; {remedy}.")


class NoAccount(EmbeddedServerError):
    """PostgreSQL refuses to run as root, and no account without rights exists."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL refuses to run as root and this machine has no account 'postgres' or 'nobody'; "
            "start Horarium as an ordinary user."
        )


class PlaceRefused(EmbeddedServerError):
    """The data directory cannot be written; choose another or change its rights."""

    def __init__(self, directory: Path, *, reason: str) -> None:
        super().__init__(
            f"The directory {directory} cannot be used ({reason}); "
            "make it writable or choose another data directory."
        )


class DiskFull(EmbeddedServerError):
    """The disk has no room for the servers' files; free some space."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"The disk that holds {directory} is full; free at least 200 MB there and start again."
        )


class DataUnusable(EmbeddedServerError):
    """The files on disk do not fit the server program; start over or use the former program."""

    def __init__(self, directory: Path, *, reason: str) -> None:
        super().__init__(f"The data in {directory} cannot be used ({reason}); start over with --fresh.")


class StartFailed(EmbeddedServerError):
    """A server ended or stayed silent while starting; its log says why."""

    def __init__(self, server: str, *, log: Path, said: str) -> None:
        super().__init__(f"{server} did not start: {said.rstrip('.')}; see {log} for the whole story.")
