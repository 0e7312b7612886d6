"""Send events or webhook deliveries from a process of its own: `python -m benchmarks.senders '{"port": 8000, …}'`.

It needs no more than the standard library and our signatures: the less it
uses of the machine, the more is left for what is measured. Prints `Sent` as JSON.
"""

import http.client
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import count

from benchmarks.stage import Stage
from triggers.signature import sign

BATCH = 100  # events of a batch
LATE_SECONDS = 0.005  # a request that leaves so long after its time is counted as late
EVENTS = "/api/v1/events/"
TIMEOUT_SECONDS = 30

Request = tuple[str, bytes, Mapping[str, str]]  # path, body, headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent, and how.

    Attributes:
        kind: `event`, `batch` or `delivery`.
        key: an API key, or the secret with which deliveries are signed.
        rate: requests that are to leave in a second, whether others were answered or not; 0: on every connection
            the next one once the last is answered.
        requests: how many; 0: for `seconds`.
        spread: values of `data.customer`, and of the type where `is_typed`, that events take in turn.
        size: characters of a delivery's filling.
    """

    port: int
    kind: str
    key: str = field(repr=False)
    connections: int
    rate: float = 0
    requests: int = 0
    seconds: float = 0
    spread: int = 1
    is_typed: bool = False
    hook: str = ""
    size: int = 0


@dataclass(slots=True)
class Sent:
    """What came of it: of each request, in the order of sending, unix nanoseconds and milliseconds."""

    sent_ns: list[int]
    answered_ms: list[float]
    late: int

    @property
    def took_seconds(self) -> float:
        """Return the time from the first request to the last answer."""
        ends = [sent / 1e9 + ms / 1e3 for sent, ms in zip(self.sent_ns, self.answered_ms, strict=True)]
        return max(ends) - self.sent_ns[0] / 1e9


def run(stage: Stage, load: Load) -> Sent:
    """Send from another process, to the end."""
    return Sent(**json.loads(stage.run("-m", "benchmarks.senders", json.dumps(asdict(load)))))


def main() -> None:
    """Send what the argument asks for."""
    sending = _Sending(Load(**json.loads(sys.argv[1])))
    sys.stdout.write(json.dumps(asdict(sending.done())))


class _Sending:
    """Connections, each in a thread, that take one number after the other."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._make = _MAKERS[load.kind]
        self._numbers = count()
        self._taking = threading.Lock()
        self._answers: list[tuple[int, float]] = []
        self._late = 0
        self._problem = ""
        self._began = 0.0

    def done(self) -> Sent:
        threads = [threading.Thread(target=self._send) for _ in range(self._load.connections)]
        self._began = time.monotonic() + 0.1  # until then every thread has connected
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._problem:
            sys.exit(self._problem)
        sent, took = zip(*sorted(self._answers), strict=True)
        return Sent(list(sent), list(took), self._late)

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._load.port, timeout=TIMEOUT_SECONDS)
        connection.connect()
        for number in self._due():
            sent_ns = time.time_ns()
            path, body, headers = self._make(self._load, number, sent_ns)
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            self._answers.append((sent_ns, (time.time_ns() - sent_ns) / 1e6))
            if answer.status >= 300:
                self._problem = f"answered {answer.status}: {said[:500].decode(errors='replace')}"
        connection.close()

    def _due(self) -> Iterator[int]:
        """Yield the numbers that this connection sends, each at its time."""
        while not self._problem:
            with self._taking:
                number = next(self._numbers)
            if self._load.requests and number >= self._load.requests:
                return
            at = self._began + (number / self._load.rate if self._load.rate else 0)
            time.sleep(max(at - time.monotonic(), 0))
            passed = time.monotonic() - at
            if self._load.seconds and passed > self._load.seconds:
                return
            self._late += bool(self._load.rate) and passed > LATE_SECONDS
            yield number


def _event(load: Load, number: int, sent_ns: int) -> dict[str, object]:
    place = number % load.spread
    return {
        "specversion": "1.0",
        "id": f"{sent_ns}-{number}",
        "source": "/bench",
        "type": f"bench.type-{place}" if load.is_typed else "bench.event",
        "data": {"sent_ns": str(sent_ns), "customer": f"c{place}"},
    }


def _single(load: Load, number: int, sent_ns: int) -> Request:
    return EVENTS, json.dumps(_event(load, number, sent_ns)).encode(), _headers(load, "cloudevents")


def _batch(load: Load, number: int, sent_ns: int) -> Request:
    events = [_event(load, number * BATCH + place, sent_ns) for place in range(BATCH)]
    return EVENTS, json.dumps(events).encode(), _headers(load, "cloudevents-batch")


def _delivery(load: Load, number: int, sent_ns: int) -> Request:
    document = {"sent_ns": str(sent_ns), "number": number, "filling": "x" * load.size}
    body = json.dumps(document).encode()
    signed = sign(
        "standard", secret=load.key, body=body, now=time.time(), delivery_id=f"msg_{sent_ns}_{number}"
    )
    return f"/hooks/{load.hook}", body, {"Content-Type": "application/json", **signed}


def _headers(load: Load, media: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {load.key}", "Content-Type": f"application/{media}+json"}


_MAKERS: Mapping[str, Callable[[Load, int, int], Request]] = {
    "event": _single,
    "batch": _batch,
    "delivery": _delivery,
}

if __name__ == "__main__":
    main()
