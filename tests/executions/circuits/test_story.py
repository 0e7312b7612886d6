"""A host goes down and comes back, seen by steps that workers run, with a real server on this machine."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import clock
from events.models import Event
from executions import circuits, sweeps
from executions.circuits import process
from executions.models import Circuit, DeadLetter, Execution, StepRun
from executions.services import Start, start

pytestmark = pytest.mark.django_db

BREAKER = {"failures": 0.5, "minimum": 3, "window": "60s", "pause": "30s"}


class Host(BaseHTTPRequestHandler):
    """Answers what it is told to."""

    status = 200
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep the test's output clean."""


@pytest.fixture
def host() -> Iterator[str]:
    Host.status, Host.asked = 503, 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


@pytest.fixture
def call(make_workflow, drain, host):
    """Start executions that call the host, and run them as far as they go."""
    step = {"id": "call", "kind": "http", "url": f"http://{host}/", "circuit_breaker": BREAKER}
    workflow = make_workflow({**step, "retry": {"max_age": "1h"}})

    def call(times: int = 1) -> None:
        for _ in range(times):
            start(Start(workflow=workflow, source="manual"), now=clock.now())
        drain()

    return call


def states() -> list[str]:
    return list(Execution.objects.order_by("pk").values_list("state", flat=True))


def test_after_three_failures_the_host_is_left_alone_and_the_others_wait(call, host):
    call(6)

    assert Host.asked == 3
    assert states() == ["failed"] * 3 + ["running"] * 3
    waiting = StepRun.objects.filter(state="waiting", waits_for="circuit", waits_key=f"http:{host}")
    assert {(run.failures, run.error) for run in waiting} == {(0, "")}
    assert waiting.count() == 3


def test_what_waited_goes_on_once_the_host_is_back(call, drain, shift_clock):
    call(6)
    Host.status = 200
    shift_clock(timedelta(seconds=31))
    circuits.release_waiting(now=clock.now())
    sweeps.release_due()
    assert drain() == 1
    assert Circuit.objects.get().state == "closed"

    shift_clock(timedelta(seconds=33))
    sweeps.release_due()
    drain()

    assert states() == ["failed"] * 3 + ["completed"] * 3
    assert Host.asked == 6


def test_while_the_host_is_down_only_probes_call_it(call, drain, shift_clock):
    call(6)
    for pause in range(1, 4):
        shift_clock(timedelta(seconds=31 * pause))
        circuits.release_waiting(now=clock.now())
        sweeps.release_due()
        drain()

    assert Host.asked == 3 + 3
    assert DeadLetter.objects.count() == 6
    assert Event.objects.filter(type="circuit.opened").count() == 1


def test_a_reset_by_hand_lets_everything_go_on(call, drain, shift_clock, organization, host):
    call(6)
    Host.status = 200
    circuits.reset(circuits.Key(organization.pk, f"http:{host}"), by="ada", now=clock.now())
    process.forget()
    shift_clock(timedelta(seconds=1))
    sweeps.release_due()
    drain()

    assert states() == ["failed"] * 3 + ["completed"] * 3


def test_a_target_that_is_held_open_is_not_called_at_all(call, organization, host):
    Host.status = 200
    circuits.hold_open(circuits.Key(organization.pk, f"http:{host}"), until=None, by="ada", now=clock.now())

    call(2)

    assert (Host.asked, states()) == (0, ["running", "running"])


def test_what_the_caller_did_wrong_never_opens_it(call):
    Host.status = 404

    call(6)

    assert Host.asked == 6
    assert not Circuit.objects.exists()
