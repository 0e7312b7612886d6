"""REST: who the caller is, and the organization's API keys."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

import clock
from organizations import services
from organizations.callers import access_of
from organizations.models import ApiKey, Membership
from organizations.roles import Role
from organizations.serializers import (
    ApiKeySerializer,
    IssuedApiKeySerializer,
    MembershipSerializer,
    MeSerializer,
    NewApiKeySerializer,
)
from organizations.viewsets import ScopedViewSet


class OrganizationViewSet(GenericViewSet[Membership]):
    """The organizations that the caller belongs to."""

    queryset = Membership.objects.select_related("organization").order_by("organization__slug")
    serializer_class = MembershipSerializer
    permission_classes = (IsAuthenticated,)
    pagination_class = None

    @extend_schema(summary="List the organizations that you belong to")
    def list(self, request: Request) -> Response:
        """List the memberships of a person; a program has an API key instead, and none."""
        own = self.get_queryset().filter(user=request.user.pk if request.auth is None else None)
        return Response({"results": self.get_serializer(own, many=True).data})

    @extend_schema(summary="Say who you are, for which organization, with which role", responses=MeSerializer)
    @action(detail=False)
    def me(self, request: Request) -> Response:
        """Say who the caller is, for which organization, with which role."""
        return Response(MeSerializer(access_of(request)).data)


class ApiKeyViewSet(ScopedViewSet[ApiKey]):
    """Credentials of programs. Only administrators see or change them."""

    queryset = ApiKey.objects.order_by("-created_at", "-id")
    serializer_class = ApiKeySerializer
    roles = {"list": Role.ADMIN, "create": Role.ADMIN, "destroy": Role.ADMIN}

    @extend_schema(summary="List API keys")
    def list(self, request: Request) -> Response:
        """List all keys, newest first, revoked ones too."""
        return self.page(self.filter_queryset(self.get_queryset()), ApiKeySerializer)

    @extend_schema(
        summary="Create an API key", request=NewApiKeySerializer, responses={201: IssuedApiKeySerializer}
    )
    def create(self, request: Request) -> Response:
        """Create a key. The answer holds it; it cannot be shown again."""
        wanted = self.read(NewApiKeySerializer)
        wanted["role"] = Role(wanted["role"])
        row, key = services.issue_api_key(self.access.organization, by=self.access.by, **wanted)
        shown = ApiKeySerializer(row).data
        return Response({**shown, "key": key}, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Revoke an API key", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """End a key at once."""
        services.revoke_api_key(self.get_object(), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
