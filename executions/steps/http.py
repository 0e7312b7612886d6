"""`http`: one request, its answer as output."""

import ssl
from functools import cache

import httpx
from django.conf import settings

from executions.outgoing import allowing, redirects, signing
from executions.outgoing.transport import CheckedTransport, ForbiddenAddress
from executions.rules.outcomes import Completed, Failed, Outcome
from executions.rules.retry import classes_of
from executions.steps import answer
from executions.steps.call import Call
from executions.steps.request import InvalidRequest, body_of, headers_of, url_of
from organizations import secrets
from organizations.errors import NoSuchSecret, Unsealable
from workflows.definition import HttpStep

# What goes wrong before a byte of the request has left; of anything else nobody knows what it has done.
NOT_SENT = (
    ForbiddenAddress,
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def run(step: HttpStep, call: Call) -> Outcome:
    """Send the request.

    Output: `{"status": int, "headers": {str: str}, "body": JSON or text}`. The
    request carries `Idempotency-Key` (stable over attempts), `Horarium-Attempt`
    and `Horarium-Depth`. It goes to public addresses and to those that are allowed.
    """
    try:
        request = _request(step, call)
    except InvalidRequest as error:
        return Failed(error=f"{step.method}: {error}", error_class="InvalidRequest")
    except (NoSuchSecret, Unsealable, signing.InvalidSigningKey) as error:
        return Failed(error=f"sign: {error}", error_class=type(error).__name__, is_final=True)
    try:
        with _client() as client:
            response = redirects.send(client, request, follow=step.follow_redirects)
            try:
                return _outcome(step, call, response)
            finally:
                response.close()
    except (httpx.HTTPError, answer.BodyTooLarge) as error:
        return _failure(error, request)


def _request(step: HttpStep, call: Call) -> httpx.Request:
    """Return the request, signed where the step says so.

    Raises:
        InvalidRequest: the rendered fields make none.
        NoSuchSecret, Unsealable, InvalidSigningKey: it cannot be signed.
    """
    rendered = step.render(call.variables)
    url = url_of(rendered["url"], rendered["query"])
    body = body_of(rendered["body"])
    signature = _signature(step.sign, call, body=body or b"") if step.sign else {}
    headers = headers_of(rendered["headers"], call, has_body=body is not None, fixed=signature)
    # httpx bounds each operation by this timeout; the worker bounds the attempt as a whole.
    timeout = httpx.Timeout(step.timeout.total_seconds()).as_dict()
    return httpx.Request(step.method, url, headers=headers, content=body, extensions={"timeout": timeout})


def _signature(name: str, call: Call, *, body: bytes) -> dict[str, str]:
    secret = secrets.value_of(call.organization_id, name)
    return signing.signed(body, name=name, secret=secret, message_id=call.idempotency_key, now=call.now)


def _client() -> httpx.Client:
    allowed = allowing.parse(settings.ENVIRONMENT.http_allow)
    return httpx.Client(transport=CheckedTransport(allowed=allowed, trusted=_trusted()), trust_env=False)


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


def _failure(error: httpx.HTTPError | answer.BodyTooLarge, request: httpx.Request) -> Failed:
    return Failed(
        error=f"{request.method} {_shown(request.url)}: {str(error) or type(error).__name__}",
        error_class=type(error).__name__,
        error_classes=classes_of(error),
        timed_out=isinstance(error, httpx.TimeoutException),
        is_final=isinstance(error, ForbiddenAddress),
        # Past a redirect another request had left, and was answered.
        was_interrupted=not isinstance(error, NOT_SENT) or error.request is not request,
    )


def _shown(url: httpx.URL) -> str:
    """Return a URL as errors may show it: without query and password, which may be secrets."""
    return str(url.copy_with(query=None, fragment=None, username=None, password=None))
