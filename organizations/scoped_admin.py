"""The base of our model admins: a person sees the organizations they belong to and does what their role allows."""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from organizations.access import holds, holds_anywhere, roles_of, sees_all
from organizations.acting import ActingAdmin
from organizations.models import Organization
from organizations.roles import Role

MOST_COUNTED = 10_000  # rows of a list; counting more would read the whole table for a number nobody pages to


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """A paginator whose count costs the same however large the table has grown."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, `MOST_COUNTED` at most."""
        rows = self.object_list
        return rows[:MOST_COUNTED].count() if isinstance(rows, QuerySet) else len(rows)


class ScopedAdmin(ActingAdmin):
    """A model admin that roles guard in place of Django's permissions.

    Attributes:
        organization_lookup: the way from the model to its organization's id.
        role_to_view, role_to_add, role_to_change, role_to_delete: the least role; None is nobody.
        list_defer: columns that a list does not read.
        tabs_by: a field with choices, shown as tabs above the list.
    """

    organization_lookup: ClassVar[str] = "organization_id"
    role_to_view: ClassVar[Role] = Role.VIEWER
    role_to_add: ClassVar[Role | None] = None
    role_to_change: ClassVar[Role | None] = None
    role_to_delete: ClassVar[Role | None] = None
    list_defer: ClassVar[tuple[str, ...]] = ()
    tabs_by: ClassVar[str] = ""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    list_before_template = "console/tabs.html"
    show_facets = ShowFacets.NEVER  # each would be a count over the table

    # Who may do what.

    def allows(self, request: HttpRequest, role: Role | None, obj: Model | str | None = None) -> bool:
        """Return whether the person has at least `role`: where `obj` belongs, or anywhere without one."""
        if role is None or not (request.user.is_active and request.user.is_staff):
            return False
        if obj is None or sees_all(request):
            return holds_anywhere(request, role)
        return holds(request, role, organization_id=self.organization_id_of(request, obj))

    def organization_id_of(self, request: HttpRequest, obj: Model | str) -> UUID | None:
        """Return the organization of a row, or of the row with this id."""
        row: Any = self.row_of(request, obj)
        for name in self.organization_lookup.split("__"):
            row = getattr(row, name, None)
        return row  # type: ignore[no-any-return]

    def row_of(self, request: HttpRequest, obj: Model | str | None) -> Any:
        """Return the row that `obj` is, or is the id of; None for none."""
        if obj is None or isinstance(obj, Model):
            return obj
        return self.get_object(request, unquote(str(obj)))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, self.role_to_view)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.allows(request, self.role_to_view, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.allows(request, self.role_to_add)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.allows(request, self.role_to_change, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.allows(request, self.role_to_delete, obj)

    def has_operate_permission(self, request: HttpRequest, obj: Model | str | None = None) -> bool:
        """Return whether the person may start, cancel, pause and redrive."""
        return self.allows(request, Role.OPERATOR, obj)

    def has_edit_permission(self, request: HttpRequest, obj: Model | str | None = None) -> bool:
        """Return whether the person may write workflows and schedules."""
        return self.allows(request, Role.EDITOR, obj)

    def has_administer_permission(self, request: HttpRequest, obj: Model | str | None = None) -> bool:
        """Return whether the person may decide about members and API keys."""
        return self.allows(request, Role.ADMIN, obj)

    # Which rows.

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of the person's organizations; in a list without what could be large."""
        rows = self.scoped(super().get_queryset(request), request)
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer(*self.list_defer) if is_list else rows

    def scoped(self, rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
        """Keep the rows of the person's organizations."""
        if sees_all(request):
            return rows
        return rows.filter(**{f"{self.organization_lookup}__in": list(roles_of(request))})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by what the model has an index for, where `find` knows; as Django does otherwise."""
        term = search_term.strip()
        found = self.find(queryset, term) if term else queryset
        if found is not None:
            return found, False
        return super().get_search_results(request, queryset, term)

    def find(self, rows: QuerySet[Any], term: str) -> QuerySet[Any] | None:
        """Return the rows that the search box asks for, or None to search in `search_fields`."""
        del rows, term
        return None

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row, read once for a request: buttons ask for it as often as they have permissions."""
        cache = vars(request).setdefault("_rows", {})
        key = (self.model, object_id, from_field)
        if key not in cache:
            cache[key] = super().get_object(request, object_id, from_field)
        return cache[key]

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **options: Any
    ) -> "ModelChoiceField[Any] | None":
        """Offer only rows that the person sees; only organizations where they may add."""
        related = self.admin_site._registry.get(db_field.related_model)  # noqa: SLF001
        if isinstance(related, ScopedAdmin):
            options["queryset"] = related.get_queryset(request)
        if db_field.related_model is Organization:
            options["queryset"] = self.organizations_to_add_to(request)
            options["initial"] = options["queryset"].first()
        return super().formfield_for_foreignkey(db_field, request, **options)

    def organizations_to_add_to(self, request: HttpRequest) -> QuerySet[Organization]:
        """Return the organizations in which the person may add a row."""
        if sees_all(request):
            return Organization.objects.all()
        wanted = self.role_to_add or self.role_to_change or Role.ADMIN
        ids = [pk for pk, held in roles_of(request).items() if held.includes(wanted)]
        return Organization.objects.filter(pk__in=ids)

    # What the list shows.

    def get_list_display(self, request: HttpRequest) -> Any:
        """Leave the organization out for whoever has one only."""
        columns = super().get_list_display(request)
        return (
            columns if self._sees_several(request) else [name for name in columns if name != "organization"]
        )

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Leave the filter by organization out for whoever has one only."""
        filters: Any = super().get_list_filter(request)
        if self._sees_several(request):
            return filters
        return [entry for entry in filters if entry[0] != "organization"]

    def _sees_several(self, request: HttpRequest) -> bool:
        if not sees_all(request):
            return len(roles_of(request)) > 1
        cache = vars(request)
        if "_several" not in cache:
            cache["_several"] = Organization.objects.all()[:2].count() > 1
        return bool(cache["_several"])

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with its tabs."""
        context = {"hz_tabs": list(self._tabs(request)), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def _tabs(self, request: HttpRequest) -> Iterable[dict[str, Any]]:
        if not self.tabs_by:
            return
        field: Field[Any, Any] = self.opts.get_field(self.tabs_by)  # type: ignore[assignment]
        name = f"{self.tabs_by}__exact"
        for value, title in (("", "all"), *(field.flatchoices)):
            query = request.GET.copy()
            for key in (name, "p"):
                query.pop(key, None)
            if value:
                query[name] = value
            active = request.GET.get(name, "") == value
            yield {"title": str(title), "query": query.urlencode(), "active": active}


def as_uuid(text: str) -> UUID | None:
    """Return the id that was searched for, or None where `text` is none."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None
