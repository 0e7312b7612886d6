"""The form of a trigger."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

import clock
from organizations.service_form import ServiceForm
from organizations.theme import Code, paragraph
from schedules.admin.fields import Span
from triggers import services
from triggers.admin.fields import Entries, Template, Yaml
from triggers.admin.trigger_layout import FILTERS_HELP, HELP, INPUT_HELP, LABELS
from triggers.errors import InvalidTrigger, TriggerError
from triggers.models import SETTINGS, Trigger
from triggers.serializers.triggers import EventTriggerSerializer, beside

Choices = Mapping[str, Sequence[str]]

CAUSES = (("events", "Events"), ("ends", "The ends of workflows or schedules"))
GATHERINGS = (
    ("", "each match by itself"),
    ("burst", "the last of a burst"),
    ("batch", "several together"),
)
# Of each choice, the settings that mean something by it.
OF_CAUSE: Choices = {"events": ("pattern", "source"), "ends": ("after", "join_window")}
OF_GATHERING: Choices = {"burst": ("debounce", "debounce_max"), "batch": ("batch_size", "batch_window")}
SPANS = ("join_window", "debounce", "debounce_max", "batch_window", "rate_period")
EXPRESSIONS = ("condition", "group_key", "concurrency_key")
WRITTEN = (
    "filters",
    "input",
    *EXPRESSIONS,
    *SPANS,
)  # fields whose values the model's own form would not show
SPELLED = {"type": "pattern"}  # fields by the names that the API has for them


def _choice(choices: Any, **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **options)


class TriggerForm(ServiceForm):
    """A trigger: what starts it, what it starts with which input, and what is gathered and limited."""

    invalid = (InvalidTrigger,)
    refusals = (TriggerError,)

    cause = _choice(CAUSES, label="Started by")
    filters = Yaml(required=False, rows=4, help_text=FILTERS_HELP)
    condition = Code(required=False, rows=2, help_text=HELP["condition"])
    after = Entries(
        required=False,
        rows=5,
        label="After",
        help_text='JSON: <code>[{"workflow": "extract"}, {"schedule": "nightly", "states": ["completed", "failed"]}]'
        "</code>, by name. Of several all must have ended, of the same nominal time.",
    )
    input = Template(
        required=False,
        rows=6,
        label="Input",
        help_text=f"{INPUT_HELP}Empty: the event's data, or the output of what ended.",
    )
    group_key = Code(required=False, rows=2, label=LABELS["group_key"], help_text=HELP["group_key"])
    concurrency_key = Code(
        required=False, rows=2, label=LABELS["concurrency_key"], help_text=HELP["concurrency_key"]
    )
    gathering = _choice(
        GATHERINGS, required=False, label="Start with", help_text="Several ends are gathered by themselves."
    )
    debounce = Span(
        required=False, label="Once nothing came for", help_text="<code>10s</code>; 1 second to a day."
    )
    debounce_max = Span(
        required=False,
        label="And at the latest after",
        help_text="From the first of a burst. Empty: a burst may go on for ever.",
    )
    batch_window = Span(
        required=False,
        label="Or fewer after",
        help_text="<code>5m</code>, from the first; 1 second to a day.",
    )
    join_window = Span(
        required=False,
        label="Wait for the other ends",
        help_text="Where several are named: how long the first one waits for them. Empty: a day.",
    )
    rate_period = Span(required=False, label="In each", help_text="<code>1m</code>; 1 second to a day.")
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Trigger
        fields: ClassVar = (
            "organization",
            "workflow",
            "name",
            "description",
            "pattern",
            "source",
            "batch_size",
            "rate_limit",
            "concurrency_limit",
            "overlap",
            "priority",
            "queue",
        )
        widgets: ClassVar = {"description": paragraph()}
        labels: ClassVar = LABELS
        help_texts: ClassVar = HELP

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        trigger = self.instance
        for name in WRITTEN:
            self.initial.setdefault(name, getattr(trigger, name))
        self.initial.update(
            cause="ends" if trigger.after else "events",
            after=after_by_name(trigger),
            gathering=_gathering_of(trigger),
            based_on=None if self.is_new else trigger.version,
        )

    def settings(self) -> dict[str, Any]:
        """Return what the form says, as the services take it; what is not asked for has its default."""
        data = self.cleaned_data
        wanted = {name: data[name] for name in SETTINGS if name in data}
        dropped = {*_others(OF_CAUSE, data["cause"]), *_others(OF_GATHERING, data["gathering"])}
        if data["cause"] == "events" and not data["gathering"]:
            dropped.add("group_key")
        if len(data["after"]) < 2:
            dropped.add("join_window")
        if data["overlap"] == "allow_all":
            dropped |= {"concurrency_key", "concurrency_limit"}
        dropped |= {name for name in ("join_window", "rate_period") if wanted.get(name) is None}
        unset = Trigger()
        return {**wanted, **{name: getattr(unset, name) for name in dropped}}

    def write(self) -> Trigger:
        """Create the trigger, or change it unless somebody else has meanwhile."""
        data, now, settings = self.cleaned_data, clock.now(), self.settings()
        if self.is_new:
            return services.create(data["organization"], now=now, by=self.by, **settings)
        return services.change(self.instance, now=now, by=self.by, based_on=data["based_on"], **settings)

    def field_of(self, path: str) -> str | None:
        """Return the field that shows a problem."""
        name = super().field_of(SPELLED.get(path, path))
        is_chain = self.cleaned_data.get("cause") == "ends"
        return "after" if name == "pattern" and is_chain else name


def after_by_name(trigger: Trigger) -> list[dict[str, Any]]:
    """Return what must have ended as people write it."""
    if not trigger.after:
        return []
    return EventTriggerSerializer(context={"beside": beside([trigger])}).get_after(trigger)


def _others(fields: Choices, chosen: str) -> set[str]:
    return {name for choice, names in fields.items() if choice != chosen for name in names}


def _gathering_of(trigger: Trigger) -> str:
    if trigger.debounce is not None:
        return "burst"
    return "batch" if trigger.batch_size is not None else ""
