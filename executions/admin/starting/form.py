"""The form that starts a workflow: its input, and how urgent it is."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django import forms
from django.forms import BoundField
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from executions.admin.starting.input_widgets import Property
from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE, Execution, Source
from executions.services import Start
from organizations.json_field import Json
from organizations.theme import Line
from workflows.errors import Invalid
from workflows.input_form import LEFT_OUT, InputForm, Kind, input_form
from workflows.models import Workflow, WorkflowVersion
from workflows.services import definition_of

MORE = "more"
CHANGED = "The workflow has changed meanwhile. Below is the form of version {}; look it through, then start."


class StartForm(forms.Form):
    """What an execution is started with; the fields of the input come from the schema of `version`."""

    use_required_attribute = False  # the service says all that is missing at once
    more = Json(required=False, rows=6)
    priority = forms.IntegerField(
        min_value=0,
        max_value=9,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="0 to 9; 9 is claimed first.",
    )
    queue = Line(help_text="Of the steps that name none.")
    idempotency_key = Line(
        required=False,
        label="Idempotency key",
        help_text="Names the cause: the same key never starts two executions. Left empty, this form starts one only.",
    )
    once = forms.CharField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}))
    version = forms.IntegerField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}))

    def __init__(self, version: WorkflowVersion, *, earlier: Execution | None, **options: Any) -> None:
        super().__init__(**options, initial=_initial(version, earlier))
        self.of = version
        self.asked = input_form(definition_of(version.pk).inputs, given=earlier.input if earlier else None)
        self.fields = {**{_named(one.name): Property(one) for one in self.asked.fields}, **self.fields}
        _set_up_more(self, self.asked)

    @property
    def input_fields(self) -> list[BoundField]:
        """Return the fields of the input, to show them apart from the others."""
        names = [*(_named(one.name) for one in self.asked.fields), MORE]
        return [self[name] for name in names if name in self.fields]

    @property
    def has_json(self) -> bool:
        """Return whether somebody who fills it in has to know the schema."""
        return any(one.kind is Kind.JSON for one in self.asked.fields)

    @property
    def settings(self) -> list[BoundField]:
        """Return the other fields."""
        return [self[name] for name in ("priority", "queue", "idempotency_key")]

    def clean_version(self) -> int:
        """Refuse what was written into the form of another version: its fields may mean something else."""
        if self.cleaned_data["version"] != self.of.number:
            self.data = {**dict(self.data.items()), "version": self.of.number}
            self.add_error(None, CHANGED.format(self.of.number))
        return self.of.number

    def clean_more(self) -> dict[str, Any]:
        """Refuse what has a field of its own."""
        more: dict[str, Any] = self.cleaned_data[MORE]
        if twice := [name for name in more if _named(name) in self.fields]:
            raise forms.ValidationError(f"These have fields of their own: {', '.join(twice)}.")
        return more

    def cause(self, workflow: Workflow, *, by: str) -> Start:
        """Return what was asked for; without a key of its own the form itself is the cause."""
        data = self.cleaned_data
        return Start(
            workflow=workflow,
            source=Source.MANUAL,
            input={**dict(self._properties()), **data.get(MORE, {})},
            idempotency_key=data["idempotency_key"] or data["once"],
            priority=data["priority"],
            queue=data["queue"],
            by=by,
            version_id=self.of.pk,
        )

    def _properties(self) -> Iterator[tuple[str, Any]]:
        for one in self.asked.fields:
            value = self.cleaned_data[_named(one.name)]
            if value is not LEFT_OUT:
                yield one.name, value

    def blame(self, error: Invalid) -> None:
        """Show each problem at the field that it is about, or else above the form."""
        for problem in error.errors:
            path, message = problem["path"], problem["message"]
            field = self._field_at(path)
            is_all = field is not None and path in {field, "input"}
            self.add_error(field, message if is_all else f"{path}: {message}")

    def _field_at(self, path: str) -> str | None:
        if (name := self.asked.at(path)) is not None:
            return _named(name)
        field = MORE if path.startswith("input") and not (path == "input" and self.asked.fields) else path
        return field if field in self.fields else None

    def begin_anew(self) -> None:
        """Let the form, which has started something already, start something else."""
        self.data = {**dict(self.data.items()), "once": _once()}


def _initial(version: WorkflowVersion, earlier: Execution | None) -> dict[str, Any]:
    return {
        "priority": earlier.priority if earlier else DEFAULT_PRIORITY,
        "queue": earlier.queue if earlier else DEFAULT_QUEUE,
        "once": _once(),
        "version": version.number,
    }


def _set_up_more(form: StartForm, asked: InputForm) -> None:
    if not asked.takes_more:
        del form.fields[MORE]
        return
    field = form.fields[MORE]
    field.label, field.initial = ("More input", asked.more or "") if asked.fields else ("Input", asked.more)
    field.help_text = "JSON: an object with further properties." if asked.fields else "JSON: an object."


def _named(name: str) -> str:
    return f"input.{name}"


def _once() -> str:
    return f"form:{uuid4()}"
