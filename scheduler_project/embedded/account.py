"""The operating system account that the embedded servers run as."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scheduler_project.embedded.errors import NoAccount

UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """Who runs the servers; `switched` when that is not who launches them."""

    uid: int
    gid: int
    switched: bool

    @property
    def identity(self) -> dict[str, Any]:
        """Return the keyword arguments that make `subprocess` run as this account."""
        if not self.switched:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Hand `path` itself (not what is below it) to this account."""
        if self.switched:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, directory: Path) -> bool:
        """Ask the kernel, as this account, whether every parent of `directory` may be traversed."""
        command = ["sh", "-c", 'cd -- "$1"', "sh", os.fspath(directory)]
        entered = subprocess.run(command, cwd="/", capture_output=True, check=False, **self.identity)  # noqa: S603
        return entered.returncode == 0


def unprivileged() -> Account:
    """Return the current account, or for root the first existing account without rights.

    Raises:
        NoAccount: root, and there is none to change to.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), switched=False)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid, switched=True)
    raise NoAccount
