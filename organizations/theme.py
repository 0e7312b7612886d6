"""The admin's theme, django-unfold, seen with the types of Django's own admin: it ships none."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from unfold import decorators
from unfold.dataclasses import ActionDialog
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

if TYPE_CHECKING:
    from django.contrib import admin

    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
    DialogForm = forms.Form
else:
    from django.forms import ModelForm
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.forms import BaseDialogForm as DialogForm

__all__ = [
    "Code",
    "DialogForm",
    "Hidden",
    "Line",
    "ModelAdmin",
    "ModelForm",
    "TabularInline",
    "button",
    "paragraph",
]

View = TypeVar("View", bound=Callable[..., Any])


class Line(forms.CharField):
    """One line of text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(), **options)


class Hidden(forms.CharField):
    """One line of text that is typed blind and never sent back to the browser."""

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        super().__init__(widget=widget, strip=False, **options)


class Code(forms.CharField):
    """Several lines of YAML or JSON."""

    def __init__(self, *, rows: int = 6, **options: Any) -> None:
        attrs = {"rows": rows, "class": "hz-code", "spellcheck": "false", "autocomplete": "off"}
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs=attrs), **options)


def paragraph() -> forms.Textarea:
    """Return the widget of a few words of text."""
    widget: forms.Textarea = UnfoldAdminTextareaWidget(attrs={"rows": 2})
    return widget


def button(
    title: str,
    *,
    ask: str,
    icon: str,
    permissions: Sequence[str],
    form: type[forms.Form] | None = None,
    submit: str = "",
    variant: str = "default",
) -> Callable[[View], View]:
    """Return a decorator that makes a method a button of the change page.

    The button opens a dialog; the method runs only when that is posted, so that
    no link can change anything.

    Args:
        ask: what the dialog says.
        form: its fields, a `DialogForm`; without one it only asks.
        permissions: each names a method `has_<name>_permission`.
    """
    decorator: Callable[[View], View] = decorators.action(
        description=title,
        icon=icon,
        permissions=permissions,
        variant=ActionVariant(variant),
        dialog=ActionDialog(
            title=title, description=ask, form_class=form or DialogForm, form_submit_text=submit or title
        ),
    )
    return decorator
