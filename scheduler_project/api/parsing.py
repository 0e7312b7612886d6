"""The body of a request: JSON, read strictly."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from organizations import strict_json
from organizations.plain import NotPlain, dotted


class StrictJSONParser(BaseParser):
    """Reads JSON that is stored and read back unchanged; a bounded part of the stream, whatever its length."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the value.

        Raises:
            RequestDataTooBig: the body is larger than `DATA_UPLOAD_MAX_MEMORY_SIZE`.
            ParseError: it is no JSON: bad syntax, a key twice, NaN, not UTF-8.
            ValidationError: it holds a value that cannot be stored, named by its path.
        """
        del media_type, parser_context
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig(f"the body is larger than {limit // 1024} kB")
        try:
            return strict_json.read(body)
        except strict_json.NotJSON as error:
            raise ParseError(f"the body is {error}") from None
        except NotPlain as error:
            path = dotted(error.path).encode(errors="replace").decode()
            raise ValidationError({path: [error.reason]}) from None
