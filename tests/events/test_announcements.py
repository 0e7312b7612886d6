"""Hints leave in the background, merged, and never hold anyone up."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import transaction

from events import announcements
from events.announcements import announce, announce_on_commit, flush

TOPIC = "test"
WAIT_SECONDS = 10.0

Register = Callable[..., None]

FORKED = """
import os, sys
from events.announcements import announce, flush, register

def say(key, count):
    os.write(1, f"{'parent' if os.getpid() == parent else 'child'} {key} {count}\\n".encode())

parent = os.getpid()
register("test", say)
announce("test", "before")
flush()
child = os.fork()
announce("test", "after")
flush()
if child:
    os.waitpid(child, 0)
"""

LEAVING = """
import time
from events.announcements import announce, register

def say(key, count):
    time.sleep(0.2)
    print(key, flush=True)

register("test", say)
announce("test", "last words")
"""


@pytest.fixture
def register() -> Iterator[Register]:
    """Register senders of topics that are forgotten afterwards."""
    before = dict(announcements._publishers)
    yield announcements.register
    announcements._publishers.clear()
    announcements._publishers.update(before)


class Sender:
    """Notes what it is asked to publish; while held, it publishes nothing."""

    def __init__(self) -> None:
        self.published: list[tuple[str, int]] = []
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, key: str, count: int) -> None:
        self.entered.release()
        assert self.go_on.wait(WAIT_SECONDS)
        self.published.append((key, count))

    def hold(self) -> None:
        """Let the next publication hang."""
        self.go_on.clear()

    def await_call(self) -> None:
        assert self.entered.acquire(timeout=WAIT_SECONDS)


@pytest.fixture
def sender(register: Register) -> Iterator[Sender]:
    made = Sender()
    register(TOPIC, made)
    yield made
    made.go_on.set()
    flush()


def run(program: str) -> str:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_hints_that_come_while_one_is_published_leave_together(sender: Sender) -> None:
    sender.hold()
    announce(TOPIC, "a")
    sender.await_call()

    for _ in range(1000):
        announce(TOPIC, "a", count=2)
        announce(TOPIC, "b")
    sender.go_on.set()
    flush()

    assert sender.published == [("a", 1), ("a", 2000), ("b", 1000)]


def test_announcing_returns_while_the_broker_hangs(sender: Sender) -> None:
    sender.hold()
    announce(TOPIC, "a")
    sender.await_call()

    begin = time.monotonic()
    for _ in range(1000):
        announce(TOPIC, "a")

    assert time.monotonic() - begin < 0.5


def test_flush_returns_when_all_hints_so_far_are_published(sender: Sender) -> None:
    for number in range(50):
        announce(TOPIC, str(number))
        flush()

        assert sender.published[-1] == (str(number), 1)


def test_flush_does_not_wait_for_hints_that_came_later(sender: Sender) -> None:
    sender.hold()
    announce(TOPIC, "first")
    sender.await_call()
    flushed = threading.Thread(target=flush)
    flushed.start()
    sender.go_on.set()
    sender.go_on = threading.Event()
    announce(TOPIC, "second")
    sender.await_call()

    flushed.join(announcements.FLUSH_SECONDS / 2)

    assert not flushed.is_alive()
    sender.go_on.set()


def test_flush_gives_up_on_a_broker_that_hangs(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "FLUSH_SECONDS", 0.05)
    sender.hold()
    announce(TOPIC, "a")

    flush()

    assert sender.published == []


def test_a_broker_that_fails_is_logged_once_and_asked_again(
    register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    published = []

    def fail_twice(key: str, count: int) -> None:
        published.append(key)
        if len(published) < 3:
            raise ConnectionError("no broker")

    register(TOPIC, fail_twice)
    with caplog.at_level("INFO"):
        for key in "abcd":
            announce(TOPIC, key)
            flush()

    assert published == ["a", "b", "c", "d"]
    assert [record.message.count("no broker") for record in caplog.records] == [1, 0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_publishing_thread_that_died_is_replaced(register: Register) -> None:
    published = []

    def die_once(key: str, count: int) -> None:
        published.append(threading.current_thread())
        if len(published) == 1:
            raise SystemExit

    register(TOPIC, die_once)
    announce(TOPIC, "a")
    announcements._publishers[TOPIC]._thread.join(WAIT_SECONDS)  # type: ignore[union-attr]
    announce(TOPIC, "a")
    flush()

    assert len(set(published)) == 2


def test_a_topic_whose_broker_hangs_delays_no_other(sender: Sender, register: Register) -> None:
    other = Sender()
    register("other", other)
    sender.hold()
    announce(TOPIC, "a")
    sender.await_call()

    announce("other", "b")
    other.await_call()

    assert sender.published == []


@pytest.mark.django_db(transaction=True)
def test_only_what_is_committed_is_announced(sender: Sender) -> None:
    with transaction.atomic():
        announce_on_commit(TOPIC, "rolled back")
        transaction.set_rollback(True)
    with transaction.atomic():
        announce_on_commit(TOPIC, "kept")
        flush()
        assert sender.published == []
    flush()

    assert sender.published == [("kept", 1)]


def test_a_forked_child_publishes_its_own_hints_and_only_those() -> None:
    lines = run(FORKED).splitlines()

    assert sorted(lines) == ["child after 1", "parent after 1", "parent before 1"]


def test_a_process_that_ends_publishes_its_last_hints() -> None:
    assert run(LEAVING) == "last words\n"
