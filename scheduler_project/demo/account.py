"""The operator's account of the demonstration, kept for `./dev password`."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """What a person types to log in."""

    username: str
    password: str


def path(data_dir: Path) -> Path:
    """Return the file that only its owner may read."""
    return data_dir / "account.json"


def load(data_dir: Path) -> Account | None:
    """Return the account of an earlier start, if there was one."""
    try:
        return Account(**json.loads(path(data_dir).read_text()))
    except FileNotFoundError:
        return None


def create(data_dir: Path) -> Account:
    """Make up a password and keep it."""
    account = Account("operator", secrets.token_urlsafe(12))
    file = path(data_dir)
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(account)))
    return account
