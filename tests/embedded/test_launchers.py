"""One launcher at a time; what a killed one left is taken over."""

from pathlib import Path

import psycopg
import pytest

from scheduler_project import embedded
from tests.embedded.conftest import Launch


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def redis_server(data_dir: Path) -> int:
    return int((data_dir / "redis" / "redis.pid").read_text())


def test_a_second_instance_is_told_where_the_first_runs(data_dir: Path, launch: Launch) -> None:
    first = launch(data_dir)

    with pytest.raises(embedded.AlreadyRunning) as refusal, embedded.running(data_dir):
        pass

    assert str(refusal.value) == (
        f"Horarium is already running at http://127.0.0.1:8000/ (pid {first.process.pid}); stop it first."
    )
    psycopg.connect(first.database_url).close()


def test_the_files_of_a_running_instance_are_not_removed(data_dir: Path, launch: Launch) -> None:
    launch(data_dir)

    with pytest.raises(embedded.AlreadyRunning):
        embedded.remove(data_dir)

    assert (data_dir / "postgres").is_dir()


def test_another_command_can_attach_while_an_instance_runs(data_dir: Path, launch: Launch) -> None:
    assert embedded.attached(data_dir) is None

    first = launch(data_dir)
    servers = embedded.attached(data_dir)

    assert servers
    assert servers.database_url == first.database_url


def test_nothing_is_attached_to_after_the_stop(data_dir: Path, launch: Launch) -> None:
    launch(data_dir).process.communicate("")

    assert embedded.attached(data_dir) is None


def test_the_servers_of_a_killed_launcher_are_adopted(data_dir: Path, launch: Launch) -> None:
    killed = launch(data_dir)
    killed.process.kill()
    killed.process.wait()
    left = postmaster(data_dir), redis_server(data_dir)

    with embedded.running(data_dir) as servers:
        assert servers.database_url == killed.database_url
        assert servers.redis_url == killed.redis_url
        assert (postmaster(data_dir), redis_server(data_dir)) == left

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(servers.database_url)
    assert not (data_dir / "postgres" / "postmaster.pid").exists()
    assert not (data_dir / "redis" / "redis.pid").exists()


def test_a_left_over_server_of_another_durability_is_replaced(data_dir: Path, launch: Launch) -> None:
    killed = launch(data_dir)
    killed.process.kill()
    killed.process.wait()
    left = postmaster(data_dir)

    with embedded.running(data_dir, durable=False):
        assert postmaster(data_dir) != left


def test_remove_stops_what_a_killed_launcher_left(data_dir: Path, launch: Launch) -> None:
    killed = launch(data_dir)
    killed.process.kill()
    killed.process.wait()

    embedded.remove(data_dir)

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(killed.database_url)


def test_the_servers_of_a_test_session_end_with_it_however_it_ends(data_dir: Path, launch: Launch) -> None:
    session = launch(data_dir, "fleeting")
    client = psycopg.connect(session.database_url)

    session.process.kill()

    # The query ends when the server does: nothing to poll.
    with client, pytest.raises(psycopg.OperationalError):
        client.execute("SELECT pg_sleep(60)")
