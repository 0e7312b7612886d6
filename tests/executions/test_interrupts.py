"""The guard: what it interrupts, and what it leaves alone. Runs in the main thread, as workers do."""

import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from executions.running import interrupts
from executions.running.interrupts import Cause, Guard, Interrupted

LONG = timedelta(minutes=1)
SHORT = timedelta(milliseconds=50)


@pytest.fixture
def guard() -> Iterator[Guard]:
    before = signal.getsignal(signal.SIGALRM)
    yield Guard()
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def block() -> None:
    threading.Event().wait(30)
    pytest.fail("nothing interrupted it")


def elsewhere(guard: Guard, what: object, cause: Cause) -> None:
    """Interrupt from another thread, and come back when that has happened."""
    thread = threading.Thread(target=guard.interrupt, args=(what, cause))
    thread.start()
    thread.join()


def interrupted(
    guard: Guard, code: Callable[[], None], *, what: object = "step", timeout: timedelta = LONG
) -> Cause:
    """Return why `code` was interrupted."""
    with pytest.raises(Interrupted) as caught, guard.armed(what, timeout=timeout):
        code()
    return caught.value.cause


def test_code_that_takes_too_long_is_interrupted(guard: Guard) -> None:
    assert interrupted(guard, block, timeout=SHORT) is Cause.TIMEOUT


@pytest.mark.parametrize("cause", list(Cause))
def test_another_thread_interrupts_with_its_cause(guard: Guard, cause: Cause) -> None:
    def code() -> None:
        elsewhere(guard, "step", cause)
        block()

    assert interrupted(guard, code) is cause


def test_an_interrupt_reaches_code_that_waits(guard: Guard) -> None:
    waiting = threading.Event()

    def interrupt() -> None:
        waiting.wait(10)
        guard.interrupt("step", Cause.CANCEL)

    def code() -> None:
        waiting.set()
        block()

    thread = threading.Thread(target=interrupt)
    thread.start()
    assert interrupted(guard, code) is Cause.CANCEL
    thread.join()


def test_an_interrupt_for_something_else_is_without_effect(guard: Guard) -> None:
    with guard.armed("newer", timeout=LONG):
        elsewhere(guard, "older", Cause.LOST)


def test_two_claims_that_are_equal_are_not_the_same(guard: Guard) -> None:
    older, newer = ["claim"], ["claim"]

    with guard.armed(newer, timeout=LONG):
        elsewhere(guard, older, Cause.LOST)


def test_nothing_is_interrupted_after_the_window_has_closed(guard: Guard) -> None:
    with guard.armed("step", timeout=LONG):
        pass

    elsewhere(guard, "step", Cause.CANCEL)
    signal.raise_signal(signal.SIGALRM)

    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_code_that_raises_closes_the_window_too(guard: Guard, error: type[BaseException]) -> None:
    with pytest.raises(error), guard.armed("step", timeout=LONG):
        raise error

    signal.raise_signal(signal.SIGALRM)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_cause_is_not_carried_into_the_next_window(guard: Guard) -> None:
    def code() -> None:
        elsewhere(guard, "first", Cause.CANCEL)
        block()

    interrupted(guard, code, what="first")

    assert interrupted(guard, block, what="second", timeout=SHORT) is Cause.TIMEOUT


def test_code_that_swallows_the_interrupt_meets_it_again(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupts, "AGAIN_SECONDS", 0.05)
    met = []

    def stubborn() -> None:
        for _ in range(2):
            try:
                block()
            except Interrupted as interruption:
                met.append(interruption.cause)
        block()

    assert interrupted(guard, stubborn, timeout=SHORT) is Cause.TIMEOUT
    assert met == [Cause.TIMEOUT, Cause.TIMEOUT]


def test_an_ordinary_handler_lets_the_interrupt_pass(guard: Guard) -> None:
    def careful() -> None:
        try:
            block()
        except Exception as error:  # noqa: BLE001 - as the code of a step may do
            pytest.fail(f"caught {error!r}")

    assert interrupted(guard, careful, timeout=SHORT) is Cause.TIMEOUT


def test_a_step_that_took_the_signal_does_not_keep_it_from_the_next(guard: Guard) -> None:
    with guard.armed("rude", timeout=LONG):
        signal.signal(signal.SIGALRM, signal.SIG_IGN)

    assert interrupted(guard, block, what="next", timeout=SHORT) is Cause.TIMEOUT
