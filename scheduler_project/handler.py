"""How a web process runs a request: in one thread, from the first middleware to the view."""

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class OneThread(ASGIHandler):
    """Django's own handler, without its way of changing threads for each middleware.

    All our views and middlewares block, for the database. Django would run each
    middleware as a coroutine that asks a thread twice, which costs as much as a
    short request itself.
    """

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Make the chain of functions that block, whatever is asked for."""
        del is_async
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Run the chain in the thread of this request."""
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
