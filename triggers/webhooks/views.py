"""`/hooks/<token>`: where deliveries come in."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.response import Response
from rest_framework.settings import api_settings

import clock
from executions.errors import ExecutionError
from triggers import tallies
from triggers.models.webhook import MAX_BODY
from triggers.tallies import Count
from triggers.webhooks.addresses import sender_address
from triggers.webhooks.answers import answer_of
from triggers.webhooks.errors import DeliveryTooLarge, Unproven, WebhookError
from triggers.webhooks.proof import Incoming
from triggers.webhooks.receiving import receive
from workflows.errors import Invalid

log = structlog.get_logger(__name__)

Handler: TypeAlias = Callable[[Exception, Mapping[str, Any]], Response | None]

# What is told as the API tells it; anything else is a bug.
TOLD = (APIException, ExecutionError, Invalid, InterfaceError, OperationalError, WebhookError)


class Answer(JsonResponse):
    """An answer after which something is left to do: the sender must not be able to tell by the time."""

    def __init__(self, data: Any, *, status: int, then: Callable[[], None] | None = None) -> None:
        super().__init__(data, status=status)
        self._then = then
        self["Cache-Control"] = "no-store"

    def close(self) -> None:
        """Do what is left, once the answer has gone."""
        then, self._then = self._then, None
        if then is not None:
            then()
        super().close()


@csrf_exempt  # it asks for no cookie, and believes none
def hook(request: HttpRequest, token: str) -> JsonResponse:
    """Take a delivery."""
    try:
        if request.method != "POST":
            raise MethodNotAllowed(str(request.method))
        data, status = answer_of(receive(_incoming(request, token)))
    except TOLD as error:
        return _refused(error)
    return Answer(data, status=status)


def _incoming(request: HttpRequest, token: str) -> Incoming:
    body = _body(request)
    address = sender_address(
        request.META.get("REMOTE_ADDR", ""),
        forwarded=request.headers.get("X-Forwarded-For", ""),
        trusted_proxies=settings.ENVIRONMENT.trusted_proxies,
    )
    return Incoming(token=token, address=address, headers=request.headers, body=body, at=time.time())


def _body(request: HttpRequest) -> bytes:
    """Return the body, of at most as many bytes as any webhook takes.

    Raises:
        DeliveryTooLarge: it has more; which webhook is meant is not looked at.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and (len(length) > 20 or int(length) > MAX_BODY):
        raise DeliveryTooLarge(MAX_BODY)
    body: bytes = request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise DeliveryTooLarge(MAX_BODY)
    return body


def _refused(error: Exception) -> JsonResponse:
    """Return the answer to an error, as the API tells it."""
    handle = cast("Handler", api_settings.EXCEPTION_HANDLER)
    told = handle(error, {})
    if told is None:
        raise error
    answer = Answer(told.data, status=told.status_code, then=_counting(error))
    for name, value in told.headers.items():
        if name != "Content-Type":
            answer[name] = value
    if isinstance(error, MethodNotAllowed):
        answer["Allow"] = "POST"
    return answer


def _counting(error: Exception) -> Callable[[], None] | None:
    """Return how to count a request that proved nothing: it must take as long whether there is such a webhook."""
    if not isinstance(error, Unproven) or error.webhook_id is None or error.organization_id is None:
        return None
    count = Count(organization_id=error.organization_id, rejected=1, problem=error.problem)
    counts = {error.webhook_id: count}

    def then() -> None:
        log.info("a request to a webhook was rejected", webhook=str(error.webhook_id), problem=error.problem)
        try:
            tallies.add(counts, now=clock.now())
        except DatabaseError as problem:
            log.warning("a rejected request was not counted", error=str(problem))

    return then
