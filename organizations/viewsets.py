"""The base of the API's views: every row belongs to the caller's organization."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from organizations.callers import Access, HasRole, access_of
from organizations.roles import Role

M = TypeVar("M", bound=Model)


class LengthRequired(APIException):
    """The client must send its body in one piece."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = "send the body with its Content-Length"
    default_code = "length_required"


class ScopedViewSet(GenericViewSet[M]):
    """Views on rows with a column `organization`; another organization's rows do not exist here.

    `access` (also `request.access`) says who asks, for which organization, with
    which role; `roles` which role each action needs.
    """

    permission_classes = (IsAuthenticated, HasRole)
    roles: ClassVar[Mapping[str, Role]] = {}
    access: Access

    def perform_authentication(self, request: Request) -> None:
        """Find out who asks and for which organization.

        Raises:
            LengthRequired: the framework would take a chunked body for an empty one.
        """
        if "chunked" in request.headers.get("Transfer-Encoding", "") and not request.headers.get(
            "Content-Length"
        ):
            raise LengthRequired
        super().perform_authentication(request)
        if request.user.is_authenticated:
            self.access = request.access = access_of(request)  # type: ignore[attr-defined]

    def get_queryset(self) -> QuerySet[M]:
        """Return the organization's rows."""
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset().none()
        return super().get_queryset().filter(organization=self.access.organization)

    def get_object(self) -> M:
        """Return the row that the path names.

        Raises:
            Http404: the organization has none.
        """
        return one(self.get_queryset(), self.kwargs["pk"])

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell serializers which organization they work for."""
        return {**super().get_serializer_context(), "access": getattr(self, "access", None)}

    def read(self, serializer_class: type[BaseSerializer[Any]], data: Any = None, **options: Any) -> Any:
        """Return the body, or `data`, as `serializer_class` reads it."""
        context = self.get_serializer_context()
        given = self.request.data if data is None else data
        serializer = serializer_class(data=given, context=context, **options)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def show(self, row: Any, serializer_class: type[BaseSerializer[Any]], *, code: int = 200) -> Response:
        """Answer with one row."""
        data = serializer_class(row, context=self.get_serializer_context()).data
        return Response(data, status=code)

    def page(self, rows: QuerySet[Any], serializer_class: type[BaseSerializer[Any]]) -> Response:
        """Answer with one page of `rows`, in their order, which must end in a unique column."""
        shown = serializer_class(
            self.paginate_queryset(rows), many=True, context=self.get_serializer_context()
        )
        return self.get_paginated_response(shown.data)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Keep answers out of shared caches: they depend on who asks."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def one(rows: QuerySet[M], text: str) -> M:
    """Return the row whose id is `text`.

    Raises:
        Http404: there is none, or `text` is no id.
    """
    found = rows.filter(pk=as_id(text)).first() if as_id(text) else None
    if found is None:
        raise Http404(f"there is no {rows.model._meta.verbose_name} {text[:100]!r}")
    return found


def one_called(rows: QuerySet[M], text: str, *, named: QuerySet[M] | None = None) -> M:
    """Return the row whose id is `text`, or else the one of that name.

    Args:
        named: the rows that can be meant by a name, where that is not all of `rows`.

    Raises:
        Http404: there is none.
    """
    if as_id(text) is not None or not text.isprintable():
        return one(rows, text)
    found = (rows if named is None else named).filter(name=text).first()
    if found is None:
        raise Http404(f"there is no {rows.model._meta.verbose_name} {text[:100]!r}")
    return found


def as_id(text: str) -> UUID | None:
    """Return the id that `text` writes, or None where it is none."""
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
