"""Forms of the console about members, API keys and secrets."""

from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from organizations import secrets, services
from organizations.errors import DuplicateSecret, InvalidSecret
from organizations.models import ApiKey, Membership, Secret
from organizations.roles import Role
from organizations.service_form import ServiceForm
from organizations.theme import Hidden, Line, ModelForm


class MembershipForm(ModelForm):
    """A member by user name: a list to choose from would show people of other organizations."""

    username = Line(help_text="Who logs in by this name. Superusers create users.")

    class Meta:
        model = Membership
        fields = ("role",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields["username"].initial = self.instance.user.get_username()
            self.fields["username"].disabled = True

    def clean_username(self) -> str:
        """Find the user."""
        username: str = self.cleaned_data["username"]
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise ValidationError(f"There is no user called {username!r}.")
        self.instance.user = user
        return username

    def save(self, commit: bool = True) -> Membership:  # noqa: FBT001, FBT002 - Django's signature
        """Give the role; who is a member already has it instead of the one before."""
        del commit
        membership = services.add_member(
            self.instance.organization, user_id=self.instance.user_id, role=Role(self.cleaned_data["role"])
        )
        self.instance = membership
        return membership


class ApiKeyForm(ServiceForm):
    """A new API key. `key` holds it after `write`, the only time that it can be read."""

    key: str = ""

    class Meta:
        model = ApiKey
        fields: ClassVar = ("organization", "name", "role", "expires_at")
        help_texts: ClassVar = {
            "name": "Which program uses it.",
            "role": "viewer reads; operator starts and cancels; editor writes; admin manages members and keys.",
            "expires_at": "Empty for never.",
        }

    def write(self) -> ApiKey:
        """Issue the key."""
        data = self.cleaned_data
        row, self.key = services.issue_api_key(
            data["organization"],
            name=data["name"],
            role=Role(data["role"]),
            by=self.by,
            expires_at=data["expires_at"],
        )
        return row


class SecretForm(ServiceForm):
    """A secret; `value` is written and never shown again."""

    invalid = (InvalidSecret,)
    refusals = (DuplicateSecret,)

    value = Hidden(help_text="10 kB at most. It is sealed, and nobody can read it again.")

    class Meta:
        model = Secret
        fields: ClassVar = ("organization", "name")
        help_texts: ClassVar = {"name": "Steps and webhooks use it by this name."}

    def write(self) -> Secret:
        """Add the secret, or replace its value."""
        data = self.cleaned_data
        if self.is_new:
            return secrets.add(data["organization"], name=data["name"], value=data["value"], by=self.by)
        organization, name = self.instance.organization, self.instance.name
        row, _ = secrets.put(organization, name=name, value=data["value"], by=self.by)
        return row
