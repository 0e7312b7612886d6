"""The servers start, keep their data, and stop in order."""

import os
import signal
import socket
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from scheduler_project import embedded
from scheduler_project.embedded import postgres
from scheduler_project.embedded.server import Server


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def test_both_servers_answer_and_are_gone_afterwards(new_dir: Path) -> None:
    with embedded.running(new_dir) as servers:
        with psycopg.connect(servers.database_url) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("horarium",)
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.ping()

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(servers.database_url)
    with pytest.raises(redis.ConnectionError), redis.Redis.from_url(servers.redis_url) as client:
        client.ping()


def test_data_is_there_at_the_next_start(data_dir: Path) -> None:
    with embedded.running(data_dir) as servers:
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with redis.Redis.from_url(servers.redis_url) as client:
            client.set("kept", "42")

    with embedded.running(data_dir) as again:
        assert again.database_url == servers.database_url
        with psycopg.connect(again.database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        with redis.Redis.from_url(again.redis_url) as client:
            assert client.get("kept") == b"42"


@pytest.mark.parametrize(("durable", "fsync", "appendonly"), [(True, "on", "yes"), (False, "off", "no")])
def test_only_tests_trade_durability_for_speed(
    data_dir: Path, durable: bool, fsync: str, appendonly: str
) -> None:
    with (
        embedded.running(data_dir, durable=durable) as servers,
        psycopg.connect(servers.database_url) as connection,
        redis.Redis.from_url(servers.redis_url) as client,
    ):
        assert connection.execute("SHOW fsync").fetchone() == (fsync,)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert client.config_get("appendonly") == {"appendonly": appendonly}


def test_nobody_gets_in_without_the_password(data_dir: Path) -> None:
    with embedded.running(data_dir, durable=False) as servers:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(servers.database_url, password="wrong")
        anonymous = redis.Redis(port=port_of(servers.redis_url), retry=Retry(NoBackoff(), 0))
        with anonymous, pytest.raises(redis.AuthenticationError):
            anonymous.ping()

    assert (data_dir / "servers.json").stat().st_mode & 0o777 == 0o600


def test_redis_stops_before_postgresql(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = []
    stop = Server.stop

    def note(server: Server, signals: list[tuple[signal.Signals, float]]) -> None:
        stop(server, signals)
        stopped.append((server.directory.name, server.is_alive()))

    monkeypatch.setattr(Server, "stop", note)
    with embedded.running(data_dir):
        pass

    assert stopped == [("redis", False), ("postgres", False)]


def test_a_client_that_stays_does_not_delay_the_stop(data_dir: Path) -> None:
    with embedded.running(data_dir, durable=False) as servers:
        client = psycopg.connect(servers.database_url)

    with client:
        assert "received fast shutdown request" in (data_dir / "postgres.log").read_text()


def test_a_port_that_someone_took_meanwhile_is_replaced(data_dir: Path) -> None:
    with embedded.running(data_dir, durable=False) as servers:
        pass

    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind(("127.0.0.1", port_of(servers.database_url)))
        taker.listen()
        with embedded.running(data_dir, durable=False) as again:
            assert port_of(again.database_url) != port_of(servers.database_url)
            psycopg.connect(again.database_url).close()


def test_an_initialisation_that_was_broken_off_starts_over(new_dir: Path) -> None:
    broken = new_dir / "postgres.new"
    broken.mkdir(parents=True)
    (broken / "PG_VERSION").write_text("18")

    with embedded.running(new_dir, durable=False) as servers:
        psycopg.connect(servers.database_url).close()


def test_remove_deletes_everything(data_dir: Path) -> None:
    embedded.remove(data_dir)

    assert not data_dir.exists()


@pytest.mark.parametrize("pid", [os.getpid(), 2**22 - 3], ids=["of somebody else", "of nobody"])
def test_a_stale_pid_file_does_not_keep_postgresql_from_starting(data_dir: Path, pid: int) -> None:
    stale = f"{pid}\n{data_dir / 'postgres'}\n1700000000\n5432\n\n127.0.0.1\n0 0\nready\n"
    (data_dir / "postgres" / "postmaster.pid").write_text(stale)

    with embedded.running(data_dir, durable=False) as servers:
        psycopg.connect(servers.database_url).close()


def test_servers_that_crashed_are_started_again(data_dir: Path) -> None:
    with embedded.running(data_dir, durable=False) as servers, psycopg.connect(servers.database_url):
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
        Server(pid=int(lines[0]), directory=data_dir / "postgres").stop([(signal.SIGKILL, 10)])

    with embedded.running(data_dir, durable=False) as again:
        psycopg.connect(again.database_url).close()
    assert postgres.NAME in again.database_url
