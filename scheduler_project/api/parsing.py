"""The body of a request: JSON, read strictly."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from workflows.errors import NotPlain, dotted
from workflows.plain import check_plain


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
        value = _value(body)
        try:
            check_plain(value, max_text=limit)
        except NotPlain as error:
            path = dotted(error.path).encode(errors="replace").decode()
            raise ValidationError({path: [error.reason]}) from None
        return value


def _value(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise ParseError("the body is nested too deep") from None
    except UnicodeDecodeError:
        raise ParseError("the body is not UTF-8") from None
    except ValueError as error:
        raise ParseError(f"the body is not JSON: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        (key, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {ascii(key)[:80]} stands there twice")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
