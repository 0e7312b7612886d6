"""What an `http` step keeps of an answer, whatever the server sends."""

import gzip
import json
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

import clock
from executions import services
from executions.models import Attempt, Execution, Source
from executions.rules.outcomes import Completed
from executions.running.outputs import storable
from executions.services import Start
from executions.steps.answer import MAX_BODY, BodyTooLarge, output_of, read, retry_after
from tests.conftest import MakeWorkflow

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHUNK = 65_536  # httpx reads so much at once


class Chunks(httpx.SyncByteStream):
    def __init__(self, body: bytes) -> None:
        self.body = body

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.body), CHUNK):
            yield self.body[start : start + CHUNK]


def answered(body: bytes, **headers: str) -> httpx.Response:
    named = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return httpx.Response(200, headers=named, stream=Chunks(body))


def kept(body: bytes, content_type: str) -> Any:
    """Return the body as the step's output has it once it is stored."""
    response = answered(body, content_type=content_type)
    outcome = storable(Completed(output_of(response, read(response))))
    assert isinstance(outcome, Completed), outcome
    return outcome.output["body"]


@pytest.mark.parametrize(
    "charset",
    ["utf8mb4", "", "rot13", "base64", "idna", "undefined", "\xe9", "x" * 5_000],
)
def test_a_charset_that_decodes_nothing_is_read_as_utf_8(charset: str) -> None:
    assert kept("café".encode(), f"text/plain; charset={charset}") == "café"


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert kept(b"a\xffb\x00", "text/plain") == "a\ufffdb\ufffd"


def test_half_a_surrogate_pair_that_a_charset_makes_is_replaced() -> None:
    assert kept(b"\\ud800!", "text/plain; charset=unicode_escape") == "\ufffd!"


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000 + "]" * 100_000,
        "[" * 65 + "]" * 65,
        json.dumps([1] * 100_001),
        str(2**63),
        "9" * 5_000,
        "1e999",
        r'"nul: \u0000"',
        r'{"\ud800": 1}',
    ],
    ids=["recursion", "depth", "items", "integer", "digits", "infinite", "nul", "lone"],
)
def test_json_that_cannot_be_kept_unchanged_stays_text(body: str) -> None:
    assert kept(body.encode(), "application/json") == body


def test_json_is_recognised_by_its_type_whatever_the_case() -> None:
    assert kept(b'{"n": 1}', "Application/Problem+JSON; charset=UTF-8") == {"n": 1}


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
def test_600_kb_beyond_ascii_are_less_than_the_megabyte_that_an_output_may_have(kind: str) -> None:
    text = "é" * 300_000
    body = json.dumps(text, ensure_ascii=False) if kind == "application/json" else text

    assert kept(body.encode(), kind) == text


def test_spaces_that_json_does_not_need_do_not_count() -> None:
    numbers = [[1] * 1_000] * 99 + ["x" * 690_000]

    assert kept(json.dumps(numbers, separators=(",", ":")).encode(), "application/json") == numbers


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("identity", b"hello"),
        ("unheard-of", b"hello"),
        ("gzip", gzip.compress(b"hello")),
        ("GZIP", gzip.compress(b"hello") + b"what follows the end"),
        ("identity, x-gzip", gzip.compress(b"hello")),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", zlib.compress(b"hello", wbits=-zlib.MAX_WBITS)),
    ],
    ids=["identity", "unknown", "gzip", "trailing", "x-gzip", "zlib", "raw"],
)
def test_a_compressed_answer_is_decompressed(coding: str, packed: bytes) -> None:
    assert read(answered(packed, content_encoding=coding)) == b"hello"


def test_what_follows_the_end_of_a_compressed_answer_is_not_collected() -> None:
    assert read(answered(gzip.compress(b"hello") + bytes(3 * CHUNK), content_encoding="gzip")) == b"hello"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_an_answer_that_is_not_compressed_as_it_says_is_an_error(coding: str) -> None:
    with pytest.raises(httpx.DecodingError):
        read(answered(b"\xff\xff not compressed", content_encoding=coding))


def test_a_small_answer_that_unpacks_to_a_large_one_is_given_up_in_little_memory() -> None:
    bomb = gzip.compress(bytes(60_000_000))
    assert len(bomb) < CHUNK

    tracemalloc.start()
    with pytest.raises(BodyTooLarge, match=f"larger than {MAX_BODY:,} bytes"):
        read(answered(bomb, content_encoding="gzip"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 6 * MAX_BODY


def test_an_answer_that_is_compressed_twice_is_refused_unopened() -> None:
    with pytest.raises(httpx.DecodingError, match="more than once"):
        read(answered(gzip.compress(gzip.compress(b"x")), content_encoding="gzip, gzip"))


@pytest.mark.parametrize("packed", [False, True])
def test_the_largest_answer_is_kept_and_one_byte_more_is_not(packed: bool) -> None:
    pack: Callable[[bytes], bytes] = gzip.compress if packed else bytes
    coding = "gzip" if packed else "identity"

    assert len(read(answered(pack(b"x" * MAX_BODY), content_encoding=coding))) == MAX_BODY
    with pytest.raises(BodyTooLarge):
        read(answered(pack(b"x" * (MAX_BODY + 1)), content_encoding=coding))


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("99999999", timedelta(days=1)),
        ("Fri, 20 Nov 1998 12:00:00 GMT", timedelta(0)),
        ("Fri, 20 Nov 2026 12:00:09 GMT", timedelta(seconds=9)),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("\xb2", None),
        ("9" * 5_000, None),
        ("Fri, 20 Nov 1998 12:00:00", None),
        ("Fri, 20 Nov 99999999999999999999 12:00:00 GMT", None),
    ],
)
def test_a_retry_after_that_makes_no_sense_is_passed_over(value: str, wait: timedelta | None) -> None:
    assert retry_after(httpx.Headers([(b"retry-after", value.encode("latin-1"))]), now=NOON) == wait


def test_a_date_to_retry_after_is_read_by_the_servers_own_clock() -> None:
    headers = {"date": "Fri, 20 Nov 1998 12:00:00 GMT", "retry-after": "Fri, 20 Nov 1998 12:02:00 GMT"}

    assert retry_after(httpx.Headers(headers), now=NOON) == timedelta(minutes=2)


class Drip(BaseHTTPRequestHandler):
    """Sends one byte every 0.2 s, so that no single read ever takes long."""

    closing = threading.Event()

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            while not self.closing.wait(0.2):
                self.wfile.write(b"x")
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep the test's output clean."""


@pytest.fixture
def drip() -> Iterator[str]:
    Drip.closing = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Drip) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        Drip.closing.set()
        httpd.shutdown()
        thread.join()


def call(workflow: Any) -> None:
    services.start(Start(workflow=workflow, source=Source.MANUAL), now=clock.now())


def test_a_server_that_answers_drop_by_drop_is_given_up_after_the_timeout_of_the_step(
    make_workflow: MakeWorkflow, drain: Callable[[], int], drip: str
) -> None:
    call(make_workflow({"id": "call", "kind": "http", "url": f"{drip}/200", "timeout": "1s"}))

    drain()

    assert "timeout of 1 s" in Execution.objects.get().error
    assert Attempt.objects.get().outcome == "timed_out"


def test_the_body_of_an_answer_that_failed_is_not_waited_for(
    make_workflow: MakeWorkflow, drain: Callable[[], int], drip: str
) -> None:
    call(make_workflow({"id": "call", "kind": "http", "url": f"{drip}/503", "timeout": "1s"}))

    drain()

    assert "answered 503" in Execution.objects.get().error
