"""Which edition of the time zone data this process computes with."""

import zoneinfo
from functools import lru_cache
from importlib import import_module
from pathlib import Path

UNKNOWN = "unknown"


@lru_cache(maxsize=1)
def edition() -> str:
    """Return the edition that `zoneinfo` reads, such as `2026f`, or `unknown`.

    The host's data come first; without any the `tzdata` package is used.
    """
    for folder in zoneinfo.TZPATH:
        if (Path(folder) / "UTC").exists():
            return _of_host(Path(folder) / "tzdata.zi")
    return str(getattr(import_module("tzdata"), "IANA_VERSION", UNKNOWN))[:20]


def _of_host(file: Path) -> str:
    try:
        with file.open(encoding="ascii") as lines:
            first = lines.readline(40).split()
    except (OSError, UnicodeDecodeError):
        return UNKNOWN
    return first[2][:20] if first[:2] == ["#", "version"] else UNKNOWN
