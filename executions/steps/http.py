"""`http`: one request, its answer as output."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from executions.outcomes import Completed, Failed, Outcome
from executions.steps.call import Call
from workflows.definition import HttpStep

MAX_BODY = 900_000  # bytes of an answer that are kept; an output is at most 1 MB
USER_AGENT = "Horarium"


class BodyTooLarge(Exception):
    """The answer is larger than a step's output may be; let the step ask for less."""


def run(step: HttpStep, call: Call) -> Outcome:
    """Send the request.

    Output: `{"status": int, "headers": {str: str}, "body": JSON or text}`. The
    request carries `Idempotency-Key` (stable over attempts) and
    `Horarium-Attempt`. Redirects are not followed.
    """
    rendered = step.render(call.variables)
    try:
        with (
            httpx.Client(timeout=step.timeout.total_seconds()) as client,
            client.stream(
                step.method,
                rendered["url"],
                params=rendered["query"] or None,
                headers=_headers(call) | rendered["headers"],
                json=rendered["body"],
            ) as response,
        ):
            body = _read(response.iter_bytes())
    except (httpx.HTTPError, httpx.InvalidURL, BodyTooLarge) as error:
        timed_out = isinstance(error, httpx.TimeoutException)
        reason = str(error) or type(error).__name__
        return Failed(
            error=f"{step.method} {_shown(rendered['url'])}: {reason}",
            error_class=type(error).__name__,
            timed_out=timed_out,
        )
    return _outcome(step, response, body)


def _headers(call: Call) -> dict[str, str]:
    return {
        "User-Agent": USER_AGENT,
        "Idempotency-Key": call.idempotency_key,
        "Horarium-Attempt": str(call.attempt),
    }


def _shown(url: httpx.URL | str) -> str:
    """Return a URL as errors may show it: without query and password, which may be secrets."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "an invalid URL"
    return str(parsed.copy_with(query=None, fragment=None, username=None, password=None))


def _read(chunks: Iterator[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_BODY:
            raise BodyTooLarge(f"the answer is larger than {MAX_BODY:,} bytes")
    return bytes(body)


def _outcome(step: HttpStep, response: httpx.Response, body: bytes) -> Outcome:
    if step.accepts(response.status_code):
        return Completed(
            {
                "status": response.status_code,
                "headers": dict(response.headers),
                "body": _decode(response, body),
            }
        )
    return Failed(
        error=f"{step.method} {_shown(response.url)}: answered {response.status_code} {response.reason_phrase}",
        error_class="UnexpectedStatus",
        status=response.status_code,
        retry_after=_retry_after(response.headers.get("retry-after", "")),
    )


def _decode(response: httpx.Response, body: bytes) -> Any:
    text = body.decode(response.charset_encoding or "utf-8", errors="replace").replace("\x00", "�")
    if "json" not in response.headers.get("content-type", ""):
        return text
    try:
        return json.loads(text, parse_constant=_no_number)
    except ValueError:
        return text


def _no_number(_constant: str) -> None:
    """Read NaN and infinities, which JSON does not have, as null."""


def _retry_after(value: str) -> timedelta | None:
    """Return the wait that the server asked for: seconds, or an HTTP date (RFC 9110, 10.2.3)."""
    if value.isdigit():
        return timedelta(seconds=min(int(value), 86_400))
    try:
        return max(parsedate_to_datetime(value) - datetime.now(UTC), timedelta(0))
    except (TypeError, ValueError):
        return None
