"""Who: organizations with their members, API keys and secrets; users and groups."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

import clock
from organizations import services
from organizations.display import ago, badge, moment
from organizations.forms import ApiKeyForm, MembershipForm, SecretForm
from organizations.models import ApiKey, Membership, Organization, Secret
from organizations.roles import Role
from organizations.scoped_admin import ScopedAdmin
from organizations.service_form import ServiceFormAdmin
from organizations.theme import ModelAdmin, TabularInline, button

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(StockUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Accounts; `staff` may log in here, and their memberships say what they see."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "is_active", "is_staff", "is_superuser", "last_login")


@admin.register(Group)
class GroupAdmin(StockGroupAdmin, ModelAdmin):
    """Groups of Django's own permissions, for what belongs to no organization."""


class MembershipInline(TabularInline):
    """Members, on their organization's page."""

    model = Membership
    form = MembershipForm
    fields = ("username", "role")
    extra = 1
    hide_title = True
    ordering = ("user__username",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Read users along."""
        return super().get_queryset(request).select_related("user", "organization")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._parent.has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._parent.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._parent.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._parent.has_change_permission(request, obj)

    @property
    def _parent(self) -> ScopedAdmin:
        return self.admin_site._registry[Organization]  # type: ignore[return-value] # noqa: SLF001


@admin.register(Organization)
class OrganizationAdmin(ScopedAdmin):
    """Tenants; superusers create them, their admins choose the members."""

    organization_lookup = "pk"
    role_to_change = Role.ADMIN

    list_display = ("name", "slug", "members", "created")
    search_fields = ("name", "slug")
    readonly_fields = ("created_at",)
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        """Count the members."""
        rows: QuerySet[Organization] = (
            super().get_queryset(request).annotate(member_count=Count("memberships"))
        )
        return rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the slug: programs know it."""
        fixed = ("slug",) if obj else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    @admin.display(ordering="member_count")
    def members(self, organization: Organization) -> int:
        return organization.member_count  # type: ignore[attr-defined, no-any-return]

    @admin.display(ordering="created_at")
    def created(self, organization: Organization) -> SafeString | str:
        return ago(organization.created_at)


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    """All memberships, to search in; they are changed on their organization's page."""

    list_display = ("user", "organization", "role", "created_at")
    list_filter = (("role", admin.ChoicesFieldListFilter),)
    list_select_related = ("user", "organization")
    search_fields = ("user__username", "organization__name")


@admin.register(ApiKey)
class ApiKeyAdmin(ServiceFormAdmin, ScopedAdmin):
    """Credentials of programs: issued, shown once, revoked; never changed."""

    role_to_view = Role.ADMIN
    role_to_add = Role.ADMIN

    form = ApiKeyForm
    list_display = ("name", "organization", "state", "start", "role", "created_by", "last_used", "expires")
    list_select_related = ("organization",)
    search_fields = ("name", "=prefix")
    add_fieldsets = ((None, {"fields": ("organization", "name", "role", "expires_at")}),)
    fieldsets = (
        (None, {"fields": ("name", "organization", "state", "start", "role")}),
        ("History", {"fields": ("created_by", "created_at", "last_used", "expires", "revoked")}),
    )
    readonly_fields = ("state", "start", "last_used", "expires", "revoked", "created_at")
    actions_detail = ("revoke",)
    actions = ("revoke_selected",)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key, now or never."""
        key = vars(request).pop("_issued_key", "")
        warning = "Copy the key now; it is not kept and cannot be shown again:"
        messages.warning(request, format_html('{} <code class="hz-key">{}</code>', warning, key))
        return super().response_add(request, obj, post_url_continue)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Keep the key until the answer is written."""
        super().save_model(request, obj, form, change)
        vars(request)["_issued_key"] = form.key

    @button(
        "Revoke",
        ask="Programs that use this key are refused from now on. This cannot be undone.",
        icon="block",
        permissions=("administer",),
        variant="danger",
    )
    def revoke(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        del form
        return self.act(
            request,
            object_id,
            lambda key: services.revoke_api_key(key, now=clock.now()),
            done="API key revoked",
        )

    @admin.action(description="Revoke", permissions=["administer"])
    def revoke_selected(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        now = clock.now()
        self.act_on_each(
            request,
            rows.select_related("organization"),
            lambda key: services.revoke_api_key(key, now=now),
            role=Role.ADMIN,
            done="API key revoked",
        )

    @admin.display(description="state")
    def state(self, key: ApiKey) -> SafeString:
        if key.revoked_at is not None:
            return badge("revoked")
        expired = key.expires_at is not None and key.expires_at <= timezone.now()
        return badge("expired" if expired else "active")

    @admin.display(description="begins with", ordering="prefix")
    def start(self, key: ApiKey) -> SafeString:
        return format_html("<code>{}_{}_…</code>", services.KEY_START, key.prefix)

    @admin.display(ordering="last_used_at")
    def last_used(self, key: ApiKey) -> SafeString | str:
        return ago(key.last_used_at) if key.last_used_at else "never"

    @admin.display(ordering="expires_at")
    def expires(self, key: ApiKey) -> SafeString | str:
        return ago(key.expires_at) if key.expires_at else "never"

    @admin.display(description="revoked")
    def revoked(self, key: ApiKey) -> str:
        return moment(key.revoked_at)


@admin.register(Secret)
class SecretAdmin(ServiceFormAdmin, ScopedAdmin):
    """Values that steps and webhooks use by name: written here, and read by the platform alone."""

    role_to_view = Role.ADMIN
    role_to_add = Role.ADMIN
    role_to_change = Role.ADMIN
    role_to_delete = Role.ADMIN

    form = SecretForm
    list_display = ("name", "organization", "ends_with", "updated_by", "updated")
    list_select_related = ("organization",)
    search_fields = ("name",)
    readonly_fields = ("ends_with", "created_by", "created_at", "updated_by", "updated_at")
    add_fieldsets = ((None, {"fields": ("organization", "name", "value")}),)
    fieldsets = (
        (None, {"fields": ("name", "organization", "ends_with", "value")}),
        ("History", {"fields": ("created_by", "created_at", "updated_by", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Secret]:
        """Leave the values in the database."""
        rows: QuerySet[Secret] = super().get_queryset(request).defer("sealed")
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep organization and name: whoever uses it knows it by them."""
        fixed = ("organization", "name") if obj else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    @admin.display(description="ends with")
    def ends_with(self, secret: Secret) -> SafeString | str:
        return format_html("<code>…{}</code>", secret.hint) if secret.hint else "not shown"

    @admin.display(ordering="updated_at")
    def updated(self, secret: Secret) -> SafeString | str:
        return ago(secret.updated_at)
