"""Copies of the wheels' programs for an account that cannot look into a private home."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from scheduler_project.embedded.errors import PlaceRefused

ROOTS = tuple(map(Path, ("/var/cache", "/var/lib", "/var/tmp", "/tmp")))  # noqa: S108  (checked by `_is_ours`)


def readable(program: Path, *, parts: Iterable[Path]) -> Path:
    """Copy `parts`, once, to where every account can read, and return `program`'s copy.

    The parts keep their places relative to each other: programs find their libraries that way.
    """
    parts = [part.resolve() for part in parts]
    top = Path(os.path.commonpath([part.parent for part in parts]))
    home = _home(top, program=program)
    if not home.exists():
        _copy(parts, top=top, home=home)
    if not _is_ours(home):
        raise PlaceRefused(home, reason="it belongs to someone else")
    return home / program.relative_to(top)


def _home(top: Path, *, program: Path) -> Path:
    stat = program.stat()
    print_ = hashlib.sha256(f"{top}:{stat.st_size}:{stat.st_mtime_ns}".encode()).hexdigest()[:16]
    for root in ROOTS:
        if root.is_dir() and os.access(root, os.W_OK) and root.stat().st_mode & 0o001:
            return root / f"horarium-{program.name}-{print_}"
    raise PlaceRefused(ROOTS[0], reason="the server programs need a readable place to be copied to")


def _copy(parts: Iterable[Path], *, top: Path, home: Path) -> None:
    """Copy under a passing name and rename: a broken-off copy is never taken for a whole one."""
    passing = Path(tempfile.mkdtemp(prefix=f"{home.name}.", dir=home.parent))
    for part in filter(Path.exists, parts):
        target = passing / part.relative_to(top)
        target.parent.mkdir(parents=True, exist_ok=True)
        if part.is_dir():
            shutil.copytree(part, target, symlinks=True)
        else:
            shutil.copy2(part, target)
    _open_up(passing)
    try:
        passing.rename(home)
    except OSError:  # another launcher was faster
        shutil.rmtree(passing)


def _open_up(directory: Path) -> None:
    directory.chmod(0o755)
    for path in directory.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _is_ours(directory: Path) -> bool:
    """Refuse what another user may have laid under a name that can be guessed."""
    stat = directory.lstat()
    return stat.st_uid == os.geteuid() and not stat.st_mode & 0o022 and not directory.is_symlink()
