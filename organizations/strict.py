"""Serializers and filters that refuse what they do not know: a misspelt setting must not be lost.

Every refusal says what to write instead.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core import validators
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
INSTANT = "a time with its offset from UTC, such as 2026-12-01T09:00:00Z"

# In the order in which they are tried: the first class that a field is of.
_WANTED: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], str], ...] = (
    (serializers.DateTimeField, INSTANT),
    (serializers.DateField, "a date, such as 2026-12-24"),
    (serializers.BooleanField, "true or false"),
    (serializers.UUIDField, "an id"),
    (serializers.BaseSerializer, "a JSON object"),
    (serializers.DictField, "a JSON object"),
    (serializers.ListField, "a list"),
)
_LIMITS = (
    validators.MinValueValidator,
    validators.MaxValueValidator,
    validators.MinLengthValidator,
    validators.MaxLengthValidator,
)
_SPECIAL = frozenset({"required", "null", "blank", "overflow"})


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not have.

    With PUT a client may send back the whole document that it got: fields of
    `shown`, which cannot be written, are passed over.
    """

    shown: ClassVar[type[serializers.Serializer[Any]] | None] = None
    answered: ClassVar[frozenset[str]] = frozenset()  # what answers to writes hold beside `shown`
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "write a JSON object, not {datatype}"}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields, whose messages say what to write."""
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        for field in fields.values():
            _say_what_to_write(field)
        return fields

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
        return frozenset(self.shown().fields if self.shown else ()) | self.answered


def _say_what_to_write(field: serializers.Field[Any, Any, Any, Any]) -> None:
    """Replace the framework's messages, which say what is wrong and not what is right."""
    wanted = _wanted(field)
    field.error_messages = {
        **{key: f"write {wanted}" for key in field.error_messages if key not in _SPECIAL},
        "required": f"missing; write {wanted}",
        "null": f"null is none; write {wanted}" + ("" if field.required else ", or leave it out"),
        "blank": f"empty; write {wanted}",
        "overflow": f"the year must be from {YEARS[0]} to {YEARS[-1]}",
    }
    # The framework has put the texts into the validators already, which are the field's own.
    for check in field.validators:
        if isinstance(check, _LIMITS):
            check.message = f"write {wanted}"


def _wanted(field: serializers.Field[Any, Any, Any, Any]) -> str:
    """Return what a field takes, as the end of a sentence that begins "Write"; a class may say it in `wanted`."""
    if isinstance(said := getattr(field, "wanted", None), str):
        return said
    if isinstance(field, serializers.ChoiceField):
        return _one_of(field.choices)
    if isinstance(field, serializers.IntegerField):
        return f"a whole number{_bounds(field.min_value, field.max_value)}"
    if isinstance(field, serializers.ListSerializer):
        least, most = (
            getattr(field, name, None) for name in ("min_length", "max_length")
        )  # not in the stubs
        return f"a list of {least or 0} to {most}" if most else "a list"
    if isinstance(field, serializers.CharField):
        longest = field.max_length
        return "text" if longest is None else f"text of at most {longest} characters"
    return next((text for kind, text in _WANTED if isinstance(field, kind)), "a JSON value")


def _one_of(choices: Iterable[object]) -> str:
    return f"one of {', '.join(str(choice) for choice in choices if choice != '')}"


def _bounds(least: int | None, most: int | None) -> str:
    if least is None:
        return "" if most is None else f" of at most {most}"
    return f", at least {least}" if most is None else f" from {least} to {most}"


def _as_dict(detail: Any) -> dict[str, Any]:
    return dict(detail) if isinstance(detail, Mapping) else {"": detail}


class StrictFilterBackend(filters.DjangoFilterBackend):  # type: ignore[misc]
    """Filters that refuse query parameters which they do not have."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Return the rows that the query parameters ask for."""
        filterset = self.get_filterset_class(view, queryset)
        refuse_unknown(request, [*PAGING, *(filterset.base_filters if filterset else ())])
        return super().filter_queryset(request, queryset, view)  # type: ignore[no-any-return]

    def get_filterset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """Return the filters, whose messages say what to write."""
        filterset = super().get_filterset(request, queryset, view)
        for field in filterset.form.fields.values() if filterset else ():
            if isinstance(field, forms.ChoiceField):
                choices: Any = field.choices
                named = _one_of(value for value, _ in choices)
                field.error_messages["invalid_choice"] = f"write {named}"
        return filterset


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """Raise ValidationError where the query has parameters beside `known`."""
    unknown = request.query_params.keys() - set(known)
    if unknown:
        raise ValidationError({name[:100]: ["there is no such query parameter"] for name in sorted(unknown)})


class InstantFormField(IsoDateTimeField):  # type: ignore[misc]
    """The instant of a query parameter."""

    default_error_messages: ClassVar[dict[str, str]] = {"invalid": f"write {INSTANT}"}

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

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": f"write {INSTANT}",
        "overflow": f"the year must be from {YEARS[0]} to {YEARS[-1]}",
    }

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

    wanted: ClassVar[str] = "a JSON object"

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the object."""
        if not isinstance(data, dict):
            raise ValidationError("write a JSON object")
        return data
