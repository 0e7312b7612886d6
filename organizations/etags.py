"""Optimistic concurrency: the version that a write is based on."""

import re

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="ETag that the change is based on; a newer one answers 409.",
)
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


def based_on(request: Request, version: int | None = None) -> int | None:
    """Return the version that a change is based on, by If-Match or by the body.

    Raises:
        ValidationError: the header is no ETag of ours, or differs from the body.
    """
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return version
    match = _ETAG.fullmatch(header)
    if match is None:
        raise ValidationError({"If-Match": ['write the ETag of what was read, such as "3"']})
    if version not in {None, int(match[1])}:
        raise ValidationError({"version": ["differs from If-Match; send one of them"]})
    return int(match[1])
