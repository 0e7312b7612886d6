"""Form fields for the properties of an input."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from organizations.display import NOTHING
from workflows.input_form import InputField, Kind

# Text, not the browser's number: that would turn what it cannot read into nothing, without a word.
_LINES = {
    Kind.LINE: {},
    Kind.DATE: {"type": "date", "class": "max-w-64"},
    Kind.INTEGER: {"inputmode": "numeric"},
    Kind.NUMBER: {"inputmode": "decimal"},
}
_ROWS = {Kind.JSON: 6, Kind.TEXT: 5}
_FEW_ROWS = 4  # of a list
_MOST_ROWS = 24


class Property(forms.Field):
    """One property of an input; an empty field is LEFT_OUT."""

    def __init__(self, about: InputField) -> None:
        super().__init__(
            required=about.is_required and about.kind is not Kind.CHECK,
            label=about.label,
            initial=about.text,
            help_text=escape(about.help),  # the theme shows it as HTML
            widget=_widget(about),
        )
        self.about = about

    def validate(self, value: Any) -> None:
        """Leave what is missing to the service, which says it together with all that does not fit."""

    def to_python(self, value: Any) -> Any:
        """Return what is written."""
        text = "true" if value is True else value or ""  # a box gives True or False
        try:
            return self.about.read(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None


def _widget(about: InputField) -> forms.Widget:
    kind = about.kind
    if kind is Kind.CHECK:
        return UnfoldBooleanWidget()  # type: ignore[no-any-return]
    if kind is Kind.CHOICE:
        blank = [] if about.is_required and about.text else [("", NOTHING)]
        return UnfoldAdminSelectWidget(choices=[*blank, *about.choices])  # type: ignore[no-any-return]
    attrs = {"autocomplete": "off"}
    if kind in _LINES:
        return UnfoldAdminTextInputWidget(attrs={**attrs, **_LINES[kind]})  # type: ignore[no-any-return]
    rows = max(_ROWS.get(kind, _FEW_ROWS), min(about.text.count("\n") + 2, _MOST_ROWS))
    if kind is Kind.JSON:
        attrs |= {"class": "hz-code", "spellcheck": "false"}
    return UnfoldAdminTextareaWidget(attrs={**attrs, "rows": rows})  # type: ignore[no-any-return]
