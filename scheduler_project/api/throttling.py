"""A bound on the requests of one caller."""

import time
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from organizations import throttling


class CallerThrottle(BaseThrottle):
    """Counts requests of each API key or person by the minute; without Redis it lets all pass."""

    _wait_seconds: float | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return whether the caller is within `HORARIUM_API_REQUESTS_PER_MINUTE`; 0 means no bound."""
        del view
        if not request.user.is_authenticated:
            return True
        limit = settings.ENVIRONMENT.api_requests_per_minute
        self._wait_seconds = throttling.allowed(f"caller:{request.user.pk}", limit=limit, at=time.time())
        return self._wait_seconds is None

    def wait(self) -> float | None:
        """Return the seconds until the next minute begins."""
        return self._wait_seconds
