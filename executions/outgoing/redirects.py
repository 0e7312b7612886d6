"""Redirects, one by one: where they may lead, and which headers go along to another origin."""

import httpx

MOST = 5

# What another origin is told. Any other header of the step may be a secret or a signature that is meant for the
# first one alone; `Horarium-Depth` ends loops, also those that go through a redirect.
SENT_ON = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "connection",
        "content-length",
        "content-type",
        "host",
        "horarium-attempt",
        "horarium-depth",
        "idempotency-key",
        "user-agent",
    }
)


def send(client: httpx.Client, request: httpx.Request, *, follow: bool) -> httpx.Response:
    """Send a request and return the answer with its body unread; with `follow`, that of the last redirect.

    httpx's own way would read the body of each redirect without bound.

    Raises:
        httpx.HTTPError: `error.request` is the request that failed, which after a redirect is not `request`.
    """
    for _ in range(1 + MOST):
        response = _sent(client, request)
        if not follow or response.next_request is None:
            return response
        response.close()
        request = _onward(response.next_request, from_=request)
    raise httpx.TooManyRedirects(f"redirected more than {MOST} times", request=request)


def _sent(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    try:
        return client.send(request, stream=True)
    except (httpx.InvalidURL, UnicodeError):  # httpx lets pass what is wrong with some of the places it reads
        raise httpx.RemoteProtocolError("redirected to what is no URL", request=request) from None


def _onward(request: httpx.Request, *, from_: httpx.Request) -> httpx.Request:
    """Return the request of a redirect as it may be sent."""
    if request.url.scheme not in {"http", "https"}:
        raise httpx.UnsupportedProtocol(
            f"redirected to {request.url.scheme[:20]!r}, which is neither http nor https", request=request
        )
    if _origin(request.url) != _origin(from_.url):
        for name in set(request.headers) - SENT_ON:
            del request.headers[name]
    return request


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port  # httpx drops the port that is the scheme's own
