"""A message whose arguments no log line and no event shows: they may hold an API key."""

from typing import Any

from celery.worker import request

HIDDEN = "(hidden)"


class Request(request.Request):
    """What the worker and its pool know of the message, without a picture of its arguments."""

    def __init__(self, message: Any, **options: Any) -> None:
        super().__init__(message, **options)
        self._argsrepr = self._kwargsrepr = HIDDEN
        self.request_dict.update(argsrepr=HIDDEN, kwargsrepr=HIDDEN)
