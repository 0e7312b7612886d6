"""`http`: one request, its answer as output."""

import ssl
from functools import cache

import httpx

from executions.rules.outcomes import Completed, Failed, Outcome
from executions.rules.retry import classes_of
from executions.steps import answer
from executions.steps.call import Call
from executions.steps.request import InvalidRequest, headers_of, url_of
from workflows.definition import HttpStep

# What goes wrong before a byte of the request has left; of anything else nobody knows what it has done.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def run(step: HttpStep, call: Call) -> Outcome:
    """Send the request.

    Output: `{"status": int, "headers": {str: str}, "body": JSON or text}`. The
    request carries `Idempotency-Key` (stable over attempts) and
    `Horarium-Attempt`. Redirects are not followed.
    """
    rendered = step.render(call.variables)
    try:
        url = url_of(rendered["url"], rendered["query"])
        headers = headers_of(rendered["headers"], call)
    except InvalidRequest as error:
        return Failed(error=f"{step.method}: {error}", error_class="InvalidRequest")
    try:
        # httpx bounds each operation by this timeout; the worker bounds the attempt as a whole.
        with (
            httpx.Client(timeout=step.timeout.total_seconds(), verify=_trusted()) as client,
            client.stream(step.method, url, headers=headers, json=rendered["body"]) as response,
        ):
            return _outcome(step, call, response)
    except (httpx.HTTPError, answer.BodyTooLarge) as error:
        return Failed(
            error=f"{step.method} {_shown(url)}: {str(error) or type(error).__name__}",
            error_class=type(error).__name__,
            error_classes=classes_of(error),
            timed_out=isinstance(error, httpx.TimeoutException),
            was_interrupted=not isinstance(error, NOT_SENT),
        )


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted, read once: that takes longer than most requests."""
    return httpx.create_ssl_context()


def _outcome(step: HttpStep, call: Call, response: httpx.Response) -> Outcome:
    if step.accepts(response.status_code):
        return Completed(answer.output_of(response, answer.read(response)))
    return Failed(
        error=f"{step.method} {_shown(response.url)}: answered {response.status_code} {response.reason_phrase}",
        error_class="UnexpectedStatus",
        status=response.status_code,
        retry_after=answer.retry_after(response.headers, now=call.now),
    )


def _shown(url: httpx.URL) -> str:
    """Return a URL as errors may show it: without query and password, which may be secrets."""
    return str(url.copy_with(query=None, fragment=None, username=None, password=None))
