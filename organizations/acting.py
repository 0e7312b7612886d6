"""What the console's buttons and list actions do: call one service, and say how it went."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from organizations.access import holds
from organizations.roles import Role
from organizations.theme import ModelAdmin

MOST_REFUSALS = 5  # messages after an action on many rows


class ActingAdmin(ModelAdmin):
    """A model admin whose actions call services.

    Attributes:
        refusals: what the services raise when they refuse; shown as messages.
    """

    refusals: ClassVar[tuple[type[Exception], ...]] = ()

    def act(
        self,
        request: HttpRequest,
        object_id: str,
        service: Callable[[Any], Any],
        *,
        done: str,
        then: Callable[[Any], str] | None = None,
        form: forms.Form | None = None,
        blame: str = "",
    ) -> HttpResponse:
        """Call one service on a row, and say how it went.

        Args:
            then: from what the service returned to the page to go to; the row's own without it.
            form: the dialog, shown again with the problems that the refusal lists, at its field `blame`.
        """
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        try:
            result = service(row)
        except self.refusals as refusal:
            if form is not None and hasattr(refusal, "errors"):
                form.add_error(blame, str(refusal))
                return render(request, "unfold/helpers/dialog.html", {"dialog": {}, "form": form})
            messages.error(request, str(refusal))
            return go_to(request, self.page_of(row))
        self.log_change(request, row, done)
        messages.success(request, done)
        return go_to(request, then(result) if then else self.page_of(row))

    def act_on_each(
        self,
        request: HttpRequest,
        rows: Iterable[Any],
        service: Callable[[Any], Any],
        *,
        done: str,
        role: Role = Role.OPERATOR,
    ) -> None:
        """Call one service on each row where the person has the role; one that is refused stops no other."""
        acted, refused = 0, []
        for row in rows:
            if not holds(request, role, organization_id=row.organization_id):
                refused.append(f"{row}: your role in {row.organization} does not allow it")
                continue
            try:
                service(row)
            except self.refusals as refusal:
                refused.append(f"{row}: {refusal}")
                continue
            self.log_change(request, row, done)
            acted += 1
        _report(request, acted, refused, done=done)

    def page_of(self, row: Model) -> str:
        """Return the address of a row's page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser to `url`, also out of a dialog."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def _report(request: HttpRequest, acted: int, refused: list[str], *, done: str) -> None:
    if acted:
        messages.success(request, f"{done} ({acted})" if acted > 1 else done)
    for text in refused[:MOST_REFUSALS]:
        messages.error(request, text)
    if len(refused) > MOST_REFUSALS:
        messages.error(request, f"… and {len(refused) - MOST_REFUSALS} more were refused")
