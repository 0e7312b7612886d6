"""Try an event: which triggers it would start, with which input, or at which condition it fails; a page."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget

import clock
from events.models import Event
from events.patterns import EVERY
from organizations.access import roles_of, sees_all
from organizations.json_field import Json
from organizations.models import Organization
from organizations.scoped_admin import ScopedAdmin, as_uuid
from triggers import trying
from triggers.errors import InvalidTrigger, TriggerError
from triggers.matching import OWN
from triggers.models import Delivery, Trigger, Webhook
from triggers.serializers.triggers import beside
from triggers.shown import told
from triggers.trying import Tried
from workflows.errors import Invalid

SAMPLE = {"type": "order.created", "source": "/shop", "data": {"id": 42}}
HELP = (
    "JSON: a CloudEvent, of which only the type must be there. With the source <code>horarium</code>: what Horarium "
    "itself tells, such as <code>workflow.failed</code>."
)


class TryForm(forms.Form):
    """An event, and whose triggers it is tried on."""

    organization = forms.ModelChoiceField(
        queryset=Organization.objects.none(), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    event = Json(rows=18, label="Event", help_text=HELP)

    def __init__(self, organizations: QuerySet[Organization], **options: Any) -> None:
        super().__init__(**options)
        field: Any = self.fields["organization"]
        field.queryset = organizations
        if len(organizations) == 1:
            field.widget = forms.HiddenInput()
            field.initial = organizations[0].pk


def try_page(pages: Any, request: HttpRequest, object_id: str = "") -> HttpResponse:
    """Show what an event would start; `?event=` begins with one of the log, `?delivery=` shows a delivery's webhook."""
    only = _trigger(pages, request, object_id)
    if not pages.has_view_permission(request, only):
        raise PermissionDenied
    if delivery := _delivery(pages, request):
        tried, problem = _of_delivery(delivery)
        return _rendered(pages, request, tried=tried, problem=problem, delivery=delivery)
    organizations, event = _begin(pages, request, only=only)
    initial = {"organization": organizations[0], "event": event} if organizations else {}
    form = TryForm(organizations, data=request.POST or None, initial=initial)
    tried = _of_form(form, only) if form.is_valid() else None
    return _rendered(pages, request, form=form, tried=tried, trigger=only)


def _trigger(pages: Any, request: HttpRequest, object_id: str) -> Trigger | None:
    if not object_id:
        return None
    found: Trigger | None = pages.get_object(request, unquote(object_id))
    if found is None:
        raise Http404
    return found


def _delivery(pages: ScopedAdmin, request: HttpRequest) -> Delivery | None:
    if not (text := request.GET.get("delivery", "")):
        return None
    rows = pages.scoped(Delivery.objects.select_related("webhook__workflow"), request)
    found: Delivery | None = rows.filter(pk=as_uuid(text)).first()
    if found is None:
        raise Http404
    return found


def _of_delivery(delivery: Delivery) -> tuple[Tried | None, str]:
    try:
        return trying.try_delivery(delivery), ""
    except (TriggerError, Invalid) as refusal:
        return None, str(refusal)


def _begin(
    pages: ScopedAdmin, request: HttpRequest, *, only: Trigger | None
) -> tuple[QuerySet[Organization], Mapping[str, Any]]:
    """Return whose triggers may be tried, and the event to begin with."""
    every = Organization.objects.order_by("name")
    seen = every if sees_all(request) else every.filter(pk__in=list(roles_of(request)))
    if text := request.GET.get("event", ""):
        row = pages.scoped(Event.objects.all(), request).filter(pk=_number(text)).first()
        if row is None or (only and row.organization_id != only.organization_id):
            raise Http404
        shown = told([row.pk])[row.pk].shown
        return seen.filter(pk=row.organization_id), {
            name: part for name, part in shown.items() if part is not None
        }
    if only is not None:
        return seen.filter(pk=only.organization_id), example(only)
    return seen, SAMPLE


def _number(text: str) -> int | None:
    """Return the id that a text writes, or None where no event can have it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _of_form(form: TryForm, only: Trigger | None) -> Tried | None:
    organization = form.cleaned_data["organization"]
    try:
        event = trying.sample_of(form.cleaned_data["event"], organization_id=organization.pk, now=clock.now())
    except InvalidTrigger as error:
        for problem in error.errors:
            form.add_error("event", f"{problem['path'].removeprefix('event.')}: {problem['message']}")
        return None
    try:
        return trying.try_event(organization, event, only=only)
    except TriggerError as refusal:
        form.add_error(None, str(refusal))
        return None


def example(trigger: Trigger) -> dict[str, Any]:
    """Return an event that a trigger may want: of its type and source, with what its filters ask for."""
    if trigger.after:
        end = trigger.after[0]
        kind = "workflow" if "workflow" in end else "schedule"
        facts = {f"{kind}_id": end[kind], kind: beside([trigger]).names.get(end[kind]), "output": {}}
        return _with({"type": f"workflow.{end['states'][0]}", "source": OWN, "data": facts}, trigger.filters)
    pattern = SAMPLE["type"] if trigger.pattern == EVERY else trigger.pattern.replace(".*", ".example")
    return _with({"type": pattern, "source": trigger.source or "/shop", "data": {}}, trigger.filters)


def _with(event: dict[str, Any], filters: Mapping[str, Any]) -> dict[str, Any]:
    for path, value in filters.items():
        *way, last = path.split(".")
        part = event
        for name in way:
            part = part.setdefault(name, {}) if isinstance(part.setdefault(name, {}), dict) else {}
        part[last] = value
    return event


def _back(trigger: Trigger | None, delivery: Delivery | None) -> dict[str, str]:
    """Return the page to go back to."""
    if delivery:
        return {
            "back": reverse("admin:triggers_delivery_change", args=[delivery.pk]),
            "back_title": "Delivery",
        }
    if trigger:
        return {"back": _page_of(trigger), "back_title": "Trigger"}
    return {"back": reverse("admin:triggers_trigger_changelist"), "back_title": "Triggers"}


def _rendered(pages: Any, request: HttpRequest, **context: Any) -> HttpResponse:
    trigger, delivery, tried = (context.get(name) for name in ("trigger", "delivery", "tried"))
    whole = {
        **pages.admin_site.each_context(request),
        "opts": pages.opts,
        "original": trigger,
        **_back(trigger, delivery),
        "media": pages.media,
        "form": None,
        "problem": "",
        **context,
        "rows": [(trial, _page_of(trial.owner)) for trial in tried.trials] if tried else [],
        "title": f"Delivery {delivery}" if delivery else f"Try an event on {trigger or 'all triggers'}",
    }
    return TemplateResponse(request, "triggers/try.html", whole)


def _page_of(row: Trigger | Webhook | Delivery) -> str:
    return reverse(f"admin:triggers_{row._meta.model_name}_change", args=[row.pk])
