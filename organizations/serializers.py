"""API keys and memberships as JSON."""

from datetime import datetime

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

import clock
from organizations.callers import Access
from organizations.models import ApiKey, Membership
from organizations.roles import Role
from organizations.strict import InstantField, StrictSerializer


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """An API key, without the key itself."""

    class Meta:
        model = ApiKey
        fields = (
            "id",
            "name",
            "prefix",
            "role",
            "created_by",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        )
        read_only_fields = fields


class IssuedApiKeySerializer(ApiKeySerializer):
    """A new API key; `key` is shown this once and not kept."""

    key = serializers.CharField(read_only=True)

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "key")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class NewApiKeySerializer(StrictSerializer):
    """What a new API key is given."""

    shown = ApiKeySerializer

    name = serializers.CharField(max_length=100)
    role = serializers.ChoiceField(Role.choices, default=Role.OPERATOR.value)
    expires_at = InstantField(required=False, allow_null=True, default=None)

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        """Refuse a key that could never be used."""
        if value is not None and value <= clock.now():
            raise ValidationError("must lie in the future")
        return value


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    """An organization that the caller belongs to."""

    slug = serializers.CharField(source="organization.slug")
    name = serializers.CharField(source="organization.name")

    class Meta:
        model = Membership
        fields = ("slug", "name", "role")
        read_only_fields = fields


class MeSerializer(serializers.Serializer[Access]):
    """Who the caller is, for which organization, with which role."""

    name = serializers.CharField(source="by")
    organization = serializers.CharField(source="organization.slug")
    organization_name = serializers.CharField(source="organization.name")
    role = serializers.ChoiceField(Role.choices)
