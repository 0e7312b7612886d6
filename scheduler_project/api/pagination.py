"""Pages that stay put while rows come and go: a cursor holds a place, not a number."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError as NotAValue
from django.db.models import Model, Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
LONGEST_CURSOR = 2_000  # characters

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place beside a row: its values in the columns of the order, and the direction to read in."""

    values: Values
    backwards: bool


class CursorPagination(BasePagination):
    """`?limit=1..200&cursor=…`, for rows in an order that ends in a unique column."""

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        """Return the rows of one page, read with one statement, and keep what the links need."""
        del view
        order = [str(column) for column in queryset.query.order_by]
        limit, cursor = _limit(request), _cursor(request, queryset.model, order)
        rows = list(_beside(queryset, order, cursor)[: limit + 1])
        has_more, rows = len(rows) > limit, rows[:limit]
        backwards = cursor is not None and cursor.backwards
        if backwards:
            rows.reverse()
        self._url, self._order = request.build_absolute_uri(), order
        self._next = rows[-1] if rows and (backwards or has_more) else None
        self._previous = rows[0] if rows and (has_more if backwards else cursor is not None) else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with links to its neighbours."""
        following, previous = self._link(self._next), self._link(self._previous, backwards=True)
        return Response({"next": following, "previous": previous, "results": data})

    def _link(self, row: Model | None, *, backwards: bool = False) -> str | None:
        if row is None:
            return None
        values = tuple(getattr(row, column.lstrip("-")) for column in self._order)
        return replace_query_param(self._url, "cursor", written(Cursor(values, backwards)))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page for OpenAPI."""
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe the query parameters for OpenAPI."""
        del view
        limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT}
        return [
            {"name": "limit", "in": "query", "schema": limit, "description": "Rows on a page."},
            {
                "name": "cursor",
                "in": "query",
                "schema": {"type": "string"},
                "description": "Taken from `next` or `previous`.",
            },
        ]


def written(cursor: Cursor) -> str:
    """Return a cursor as it stands in a link."""
    texts = [value.isoformat() if hasattr(value, "isoformat") else str(value) for value in cursor.values]
    data = json.dumps([cursor.backwards, *texts], separators=(",", ":"))
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= LARGEST_LIMIT):
        raise ValidationError({"limit": [f"write a number from 1 to {LARGEST_LIMIT}"]})
    return int(text)


def _cursor(request: Request, model: type[Model], order: list[str]) -> Cursor | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    try:
        return _read(text[:LONGEST_CURSOR], model, order)
    except (ValueError, TypeError, RecursionError, NotAValue):
        raise ValidationError(
            {"cursor": ["is none of this list; take it from `next` or `previous`"]}
        ) from None


def _read(text: str, model: type[Model], order: list[str]) -> Cursor:
    data = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    backwards, *texts = json.loads(data)
    # PostgreSQL takes neither U+0000 nor half a surrogate pair; no column of an order holds them.
    if not isinstance(backwards, bool) or not all(
        isinstance(part, str) and part.isprintable() for part in texts
    ):
        raise ValueError("no cursor")
    columns: list[Any] = [model._meta.get_field(column.lstrip("-")) for column in order]
    values = [column.to_python(part) for column, part in zip(columns, texts, strict=True)]
    if any(isinstance(value, datetime) and value.tzinfo is None for value in values):
        raise ValueError("no cursor")
    return Cursor(tuple(values), backwards)


def _beside(queryset: QuerySet[Any], order: list[str], cursor: Cursor | None) -> QuerySet[Any]:
    """Return the rows that follow the cursor in its direction, in that direction."""
    if cursor is None:
        return queryset
    order = [_turned(column) for column in order] if cursor.backwards else order
    beyond = Q()
    for column, value in reversed(list(zip(order, cursor.values, strict=True))):
        name, lookup = column.lstrip("-"), "lt" if column.startswith("-") else "gt"
        beyond = Q((f"{name}__{lookup}", value)) | (Q((name, value)) & beyond if beyond else Q())
    # Said once more for the first column alone: an index can begin there.
    lead, lookup = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    return queryset.filter(Q((f"{lead}__{lookup}", cursor.values[0])), beyond).order_by(*order)


def _turned(column: str) -> str:
    return column[1:] if column.startswith("-") else f"-{column}"
