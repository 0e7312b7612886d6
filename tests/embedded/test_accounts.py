"""As root the servers run as an account without rights, wherever the checkout lies."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from scheduler_project import embedded
from scheduler_project.embedded import binaries, copies, place
from scheduler_project.embedded.account import Account, unprivileged
from tests.embedded.conftest import as_root

AS_AN_ORDINARY_USER = """
import os, sys
from pathlib import Path
import psycopg
from scheduler_project import embedded
from scheduler_project.embedded import binaries
from scheduler_project.embedded.account import unprivileged

account = unprivileged()
os.environ[binaries.POSTGRES_SETTING] = str(binaries.postgres(account))
os.environ[binaries.REDIS_SETTING] = str(binaries.redis(account))
directory = Path(sys.argv[1])
# Imports everything, while the modules can still be read.
with embedded.running(directory / "first"):
    pass
os.chown(directory, account.uid, account.gid)
os.setgroups([]); os.setgid(account.gid); os.setuid(account.uid)
with embedded.running(directory / "as a user") as servers:
    psycopg.connect(servers.database_url).close()
    print((directory / "as a user" / "postgres").stat().st_uid, account.uid)
"""


@as_root
def test_root_runs_the_servers_as_an_account_without_rights(data_dir: Path) -> None:
    with embedded.running(data_dir, durable=False):
        pid = (data_dir / "postgres" / "postmaster.pid").read_text().split()[0]
        assert Path(f"/proc/{pid}").stat().st_uid == unprivileged().uid != 0
        assert (data_dir / "postgres").stat().st_mode & 0o777 == 0o700


@as_root
def test_an_ordinary_user_runs_them_as_itself() -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        command = [sys.executable, "-c", AS_AN_ORDINARY_USER, directory]
        done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    owner, user = done.stdout.split()
    assert owner == user


@as_root
def test_files_in_a_private_home_are_kept_elsewhere_and_removed_from_there(private_home: Path) -> None:
    with embedded.running(private_home / ".data", durable=False) as servers:
        psycopg.connect(servers.database_url).close()
        kept = place.remembered(private_home / ".data")

    assert kept
    assert private_home not in kept.postgres.parents
    assert kept.postgres.is_dir()
    embedded.remove(private_home / ".data")
    assert not kept.files.exists()


@as_root
def test_deleting_the_data_directory_by_hand_means_starting_over(private_home: Path) -> None:
    with (
        embedded.running(private_home / ".data", durable=False) as servers,
        psycopg.connect(servers.database_url) as connection,
    ):
        connection.execute("CREATE TABLE former ()")
    shutil.rmtree(private_home / ".data")

    with (
        embedded.running(private_home / ".data", durable=False) as servers,
        psycopg.connect(servers.database_url) as connection,
    ):
        assert connection.execute("SELECT to_regclass('former')").fetchone() == (None,)
    embedded.remove(private_home / ".data")


@as_root
def test_programs_in_a_private_home_are_copied_once_to_where_they_can_be_run(private_home: Path) -> None:
    account = unprivileged()
    program = private_home / "valkey-server"
    shutil.copy2(binaries.redis(account), program)
    assert refused(program, account)

    copied = copies.readable(program, parts=[program])

    assert binaries.version(copied, account=account)
    assert copies.readable(program, parts=[program]) == copied
    shutil.rmtree(copied.parent)


def refused(program: Path, account: Account) -> bool:
    try:
        binaries.version(program, account=account)
    except PermissionError:
        return True
    return False


def test_an_ordinary_user_changes_to_no_other_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert unprivileged().identity == {}


def test_root_without_an_account_to_change_to_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", nobody)

    with pytest.raises(embedded.EmbeddedServerError, match="start Horarium as an ordinary user"):
        unprivileged()
