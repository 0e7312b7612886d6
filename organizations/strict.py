"""Serializers and filters that refuse what they do not know: a misspelt setting must not be lost."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

YEARS = range(1970, 2200)  # the years in which fire times are searched
PAGING = frozenset({"cursor", "limit"})


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not have.

    With PUT a client may send back the whole document that it got: fields of
    `shown`, which cannot be written, are passed over.
    """

    shown: ClassVar[type[serializers.Serializer[Any]] | None] = None

    def to_internal_value(self, data: Any) -> Any:
        """Return the values, or raise ValidationError that names every wrong and every unknown field."""
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping):
            errors = {str(name)[:100]: [self._refusal(name)] for name in self._unknown(data)}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**_as_dict(error.detail), **errors}) from None
        if errors:
            raise ValidationError(errors)
        return value

    def _unknown(self, data: Mapping[str, Any]) -> list[str]:
        is_put = self.instance is not None and not self.partial
        passed_over = self._shown() if is_put else frozenset()
        return [name for name in data if name not in self.fields and name not in passed_over]

    def _refusal(self, name: str) -> str:
        return "cannot be written" if name in self._shown() else "there is no such field"

    def _shown(self) -> frozenset[str]:
        return frozenset(self.shown().fields if self.shown else ())


def _as_dict(detail: Any) -> dict[str, Any]:
    return dict(detail) if isinstance(detail, Mapping) else {"": detail}


class StrictFilterBackend(filters.DjangoFilterBackend):  # type: ignore[misc]
    """Filters that refuse query parameters which they do not have."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Return the rows that the query parameters ask for."""
        filterset = self.get_filterset_class(view, queryset)
        refuse_unknown(request, [*PAGING, *(filterset.base_filters if filterset else ())])
        return super().filter_queryset(request, queryset, view)  # type: ignore[no-any-return]


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """Raise ValidationError where the query has parameters beside `known`."""
    unknown = request.query_params.keys() - set(known)
    if unknown:
        raise ValidationError({name[:100]: ["there is no such query parameter"] for name in sorted(unknown)})


class InstantFormField(IsoDateTimeField):  # type: ignore[misc]
    """The instant of a query parameter."""

    def to_python(self, value: Any) -> datetime | None:
        """Return the instant; a time without offset is none."""
        instant: datetime | None = super().to_python(value)
        written = parse_datetime(value.strip()) if instant is not None else None
        if instant is not None and (written is None or written.tzinfo is None):
            raise forms.ValidationError("needs an offset from UTC, such as 2026-12-01T09:00:00Z")
        return instant


class InstantFilter(filters.IsoDateTimeFilter):  # type: ignore[misc]
    """Narrows by an instant."""

    field_class = InstantFormField


class InstantField(serializers.DateTimeField):
    """An instant in ISO 8601 with its offset from UTC."""

    def enforce_timezone(self, value: datetime) -> datetime:
        """Return the instant in UTC; a time without offset is no instant."""
        if value.tzinfo is None:
            raise ValidationError("needs an offset from UTC, such as 2026-12-01T09:00:00Z")
        return super().enforce_timezone(value)

    def to_internal_value(self, value: Any) -> datetime:
        """Return the instant in UTC, within the years that are searched."""
        instant = super().to_internal_value(value)
        if instant.year not in YEARS:
            raise ValidationError(f"the year must be from {YEARS[0]} to {YEARS[-1]}")
        return instant


@extend_schema_field(OpenApiTypes.OBJECT)
class ObjectField(serializers.JSONField):
    """A JSON object."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the object."""
        if not isinstance(data, dict):
            raise ValidationError("write a JSON object")
        return data
