"""API keys, secrets and memberships as JSON."""

from datetime import datetime

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

import clock
from organizations.callers import Access
from organizations.models import ApiKey, Membership, Secret
from organizations.roles import Role
from organizations.secrets import MAX_BYTES
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


class SecretSerializer(serializers.ModelSerializer[Secret]):
    """A secret, without its value; `hint` is how the value ends, where that tells little."""

    class Meta:
        model = Secret
        fields = ("name", "hint", "created_by", "created_at", "updated_by", "updated_at")
        read_only_fields = fields


class SecretValueSerializer(StrictSerializer):
    """What a secret's value is replaced with."""

    shown = SecretSerializer

    value = serializers.CharField(
        trim_whitespace=False,
        write_only=True,
        max_length=MAX_BYTES,
        help_text="10 kB at most; never shown again.",
    )


class NewSecretSerializer(SecretValueSerializer):
    """What a new secret is given."""

    name = serializers.CharField(max_length=63)


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
