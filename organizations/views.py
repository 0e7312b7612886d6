"""REST: who the caller is, and the organization's API keys and secrets."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

import clock
from organizations import secrets, services
from organizations.callers import access_of
from organizations.models import ApiKey, Membership, Secret
from organizations.roles import Role
from organizations.serializers import (
    ApiKeySerializer,
    IssuedApiKeySerializer,
    MembershipSerializer,
    MeSerializer,
    NewApiKeySerializer,
    NewSecretSerializer,
    SecretSerializer,
    SecretValueSerializer,
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


class SecretViewSet(ScopedViewSet[Secret]):
    """Values that steps and webhooks use by name. Only administrators see which there are, and nobody the values."""

    queryset = Secret.objects.shown().order_by("name", "id")
    serializer_class = SecretSerializer
    lookup_field = "name"
    lookup_value_regex = "[^/]+"
    roles = dict.fromkeys(("list", "retrieve", "create", "update", "destroy"), Role.ADMIN)

    @extend_schema(summary="List secrets")
    def list(self, request: Request) -> Response:
        """List all secrets by name, without their values."""
        return self.page(self.filter_queryset(self.get_queryset()), SecretSerializer)

    @extend_schema(summary="Get a secret, without its value")
    def retrieve(self, request: Request, name: str) -> Response:
        """Say when and by whom a secret was written."""
        return self.show(secrets.find(self.access.organization, name), SecretSerializer)

    @extend_schema(summary="Add a secret", request=NewSecretSerializer, responses={201: SecretSerializer})
    def create(self, request: Request) -> Response:
        """Keep a value under a new name."""
        wanted = self.read(NewSecretSerializer)
        row = secrets.add(self.access.organization, by=self.access.by, **wanted)
        return self.show(row, SecretSerializer, code=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Write a secret",
        request=SecretValueSerializer,
        responses={200: SecretSerializer, 201: SecretSerializer},
    )
    def update(self, request: Request, name: str) -> Response:
        """Replace the value, or keep it under a new name. Safe to repeat."""
        wanted = self.read(SecretValueSerializer)
        row, is_new = secrets.put(self.access.organization, name=name, by=self.access.by, **wanted)
        return self.show(row, SecretSerializer, code=201 if is_new else 200)

    @extend_schema(summary="Delete a secret", responses={204: None})
    def destroy(self, request: Request, name: str) -> Response:
        """Delete it for good; what uses it fails from now on."""
        secrets.remove(self.access.organization, name)
        return Response(status=status.HTTP_204_NO_CONTENT)
