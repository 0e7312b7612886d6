"""Buttons as a table: each asks, calls one service with what was written, and says what was done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

import clock
from organizations.acting import ActingAdmin
from organizations.theme import View, button


@dataclass(frozen=True, kw_only=True)
class Button:
    """A button of a page that changes something.

    Attributes:
        ask: what its dialog says.
        may: names the method `has_<may>_permission`.
        service: called with the row, keywords `by` and `now`, and the fields of the dialog by name.
        done: said afterwards.
        form: the dialog's fields; without one it only asks.
        blame: the field at which a refusal with `errors` stands.
        then: from what the service returned to the page to go to; the row's own without it.
    """

    title: str
    ask: str
    icon: str
    may: str
    service: Callable[..., Any]
    done: str
    form: type[forms.Form] | None = None
    blame: str = ""
    then: Callable[[Any], str] | None = None
    variant: str = "default"


class ButtonsAdmin(ActingAdmin):
    """A model admin that has its buttons in a table.

    Attributes:
        buttons: by name; `actions_detail` places them.
    """

    buttons: ClassVar[Mapping[str, Button]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, one in vars(cls).get("buttons", {}).items():
            setattr(cls, name, _pressed(name, one))


def _pressed(name: str, one: Button) -> Callable[..., HttpResponse]:
    def press(self: ActingAdmin, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        given = {field: value for field, value in form.cleaned_data.items() if not field.startswith("_")}
        by, now = request.user.get_username(), clock.now()
        return self.act(
            request,
            object_id,
            lambda row: one.service(row, by=by, now=now, **given),
            done=one.done,
            then=one.then,
            form=form if one.form else None,
            blame=one.blame,
        )

    press.__name__ = name  # by which the theme knows that it belongs to a row
    decorator = button(
        one.title,
        ask=one.ask,
        icon=one.icon,
        permissions=(one.may,),
        form=one.form,
        variant=one.variant,
    )
    return decorator(press)


def page(title: str, *, icon: str, permissions: Sequence[str]) -> Callable[[View], View]:
    """Return a decorator that makes a method, of the request and a row's id, a page that the row's page links to.

    Args:
        permissions: each names a method `has_<name>_permission`.
    """
    decorator: Callable[[View], View] = action(description=title, icon=icon, permissions=permissions)
    return decorator
