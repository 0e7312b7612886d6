"""REST: webhooks and their secrets."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions.serializers import NothingSerializer
from organizations.etags import IF_MATCH, based_on
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet, as_id, one_called
from triggers import services, webhooks
from triggers.models import Webhook, WebhookSecret
from triggers.serializers.webhooks import (
    CREATED_WEBHOOK,
    SAVED_WEBHOOK,
    IssuedWebhookSecretSerializer,
    NewWebhookSecretSerializer,
    NewWebhookSerializer,
    WebhookSecretListSerializer,
    WebhookSecretSerializer,
    WebhookSerializer,
    WebhookSettingsSerializer,
    beside,
)
from triggers.webhooks.errors import NoSuchWebhookSecret
from triggers.webhooks.filters import WebhookFilter


class WebhookViewSet(ScopedViewSet[Webhook]):
    """Addresses at which others start workflows. A path names a webhook by its id or its name."""

    queryset = Webhook.objects.select_related("workflow").order_by("name", "id")
    serializer_class = WebhookSerializer
    filterset_class = WebhookFilter
    roles = {
        **dict.fromkeys(("create", "update", "partial_update", "destroy"), Role.EDITOR),
        **dict.fromkeys(("add_secret", "remove_secret"), Role.EDITOR),
        **dict.fromkeys(("pause", "resume"), Role.OPERATOR),
    }

    def get_object(self) -> Webhook:
        """Return the webhook that the path names."""
        return one_called(self.get_queryset(), self.kwargs["pk"])

    @extend_schema(summary="List webhooks")
    def list(self, request: Request) -> Response:
        """List webhooks by name."""
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(self._documents(rows))

    @extend_schema(summary="Create a webhook", request=NewWebhookSerializer, responses={201: CREATED_WEBHOOK})
    def create(self, request: Request) -> Response:
        """Create an active webhook. The answer holds its secret, which cannot be shown again."""
        wanted = self.read(NewWebhookSerializer)
        wanted.pop("version", None)
        webhook, secret = webhooks.create(
            self.access.organization, now=clock.now(), by=self.access.by, **wanted
        )
        answer = self._saved(webhook, code=status.HTTP_201_CREATED)
        answer.data["secret"] = secret
        return answer

    @extend_schema(summary="Get a webhook")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get a webhook with its counters; its ETag is its version."""
        return self._whole(self.get_object())

    @extend_schema(
        summary="Replace a webhook's settings",
        request=WebhookSettingsSerializer,
        responses={200: SAVED_WEBHOOK},
        parameters=[IF_MATCH],
    )
    def update(self, request: Request, pk: str) -> Response:
        """Replace all settings; those left out get their defaults. Address and secrets stay."""
        return self._change()

    @extend_schema(
        summary="Change a webhook's settings",
        request=WebhookSettingsSerializer,
        responses={200: SAVED_WEBHOOK},
        parameters=[IF_MATCH],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the settings that are sent."""
        return self._change(partial=True)

    @extend_schema(summary="Delete a webhook", responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a webhook with its secrets and deliveries; the executions that it started stay."""
        webhooks.delete(self.get_object(), **self._told())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Pause a webhook",
        request=NothingSerializer,
        responses=WebhookSerializer,
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Refuse deliveries, with 403, until it is resumed."""
        self.read(NothingSerializer)
        return self._whole(webhooks.pause(self.get_object(), **self._told()))

    @extend_schema(
        summary="Resume a webhook",
        request=NothingSerializer,
        responses=WebhookSerializer,
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Take deliveries again."""
        self.read(NothingSerializer)
        return self._whole(webhooks.resume(self.get_object(), **self._told()))

    @extend_schema(
        operation_id="webhooks_secrets_list",
        summary="List the secrets of a webhook",
        responses=WebhookSecretListSerializer,
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def secrets(self, request: Request, pk: str) -> Response:
        """List the live secrets, the newest first, without their values."""
        rows = WebhookSecret.objects.filter(webhook=self.get_object()).live().defer("sealed")
        return Response({"results": WebhookSecretSerializer(rows, many=True).data})

    @extend_schema(
        summary="Add a secret to a webhook",
        request=NewWebhookSecretSerializer,
        responses={201: IssuedWebhookSecretSerializer},
    )
    @secrets.mapping.post
    def add_secret(self, request: Request, pk: str) -> Response:
        """Add a secret, so that the sender can change to it. The answer holds it; it cannot be shown again."""
        wanted = self.read(NewWebhookSecretSerializer)
        row, secret = webhooks.add_secret(
            self.get_object(),
            by=self.access.by,
            now=clock.now(),
            value=wanted["secret"],
            expire_others_in=wanted["expire_others_in"],
        )
        shown = WebhookSecretSerializer(row).data
        return Response({**shown, "secret": secret}, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Delete a secret of a webhook",
        parameters=[OpenApiParameter("secret_id", UUID, OpenApiParameter.PATH)],
        responses={204: None},
    )
    @action(detail=True, methods=["delete"], url_path=r"secrets/(?P<secret_id>[^/.]+)")
    def remove_secret(self, request: Request, pk: str, secret_id: str) -> Response:
        """End a secret at once; the last live one cannot go."""
        id_ = as_id(secret_id)
        if id_ is None:
            raise NoSuchWebhookSecret
        webhooks.expire_secret(self.get_object(), id_, by=self.access.by, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _change(self, **options: Any) -> Response:
        webhook = self.get_object()
        wanted = self.read(WebhookSettingsSerializer, instance=webhook, **options)
        read = based_on(self.request, wanted.pop("version", None))
        changed = webhooks.change(webhook, now=clock.now(), by=self.access.by, based_on=read, **wanted)
        return self._saved(changed)

    def _told(self) -> dict[str, Any]:
        """Return who acts, when, and on which version, as every service takes it."""
        return {"by": self.access.by, "now": clock.now(), "based_on": based_on(self.request)}

    def _saved(self, webhook: Webhook, *, code: int = status.HTTP_200_OK) -> Response:
        response = self._whole(webhook, code=code)
        response.data["warnings"] = services.cautions(webhook)
        return response

    def _whole(self, webhook: Webhook, *, code: int = status.HTTP_200_OK) -> Response:
        (document,) = self._documents([webhook])
        return Response(document, status=code, headers={"ETag": f'"{webhook.version}"'})

    def _documents(self, rows: Sequence[Webhook]) -> Sequence[dict[str, Any]]:
        context = {**self.get_serializer_context(), **beside(rows)}
        return [dict(WebhookSerializer(webhook, context=context).data) for webhook in rows]
