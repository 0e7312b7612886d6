"""The settings of a calendar or a schedule, read by the serializers of the API, from names and without guessing."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from schedules.as_code.document import Written
from schedules.as_code.errors import InvalidFile
from schedules.as_code.world import World
from schedules.serializers import CalendarSettingsSerializer, DurationField, ScheduleSettingsSerializer
from workflows.errors import Problem
from workflows.models import Workflow

TEXT = (serializers.CharField, serializers.ChoiceField, serializers.DateTimeField)


class WorkflowNameField(serializers.Field[Workflow, Any, str, Any]):
    """A workflow by its name; ids differ between installations."""

    def to_internal_value(self, data: Any) -> Workflow:
        """Return the workflow."""
        world: World = self.context["world"]
        if not isinstance(data, str):
            raise ValidationError("write the name of a workflow")
        if data not in world.workflows:
            raise ValidationError(f"there is no workflow {data[:100]!r}")
        return world.workflows[data]


class CalendarNamesField(serializers.Field[list[UUID], Any, list[str], Any]):
    """Calendars by their names, those of the file among them."""

    def to_internal_value(self, data: Any) -> list[UUID]:
        """Return the ids, in the order given."""
        world: World = self.context["world"]
        if not isinstance(data, list) or not all(isinstance(item, str) for item in data):
            raise ValidationError("write a list of names of calendars")
        unknown = [name[:100] for name in data if name not in world.calendars]
        if unknown:
            raise ValidationError(f"there is no calendar {unknown[0]!r}; write it under `calendars`")
        return [world.calendars[name] for name in data]


class ScheduleCodeSerializer(ScheduleSettingsSerializer):
    """The settings of a schedule in a file: those of the API, but that names stand for rows."""

    workflow = WorkflowNameField()  # type: ignore[assignment]
    calendars = CalendarNamesField(default=list)  # type: ignore[assignment]
    version = reason = None  # type: ignore[assignment]  # of one write, not of a schedule


class CalendarCodeSerializer(CalendarSettingsSerializer):
    """The settings of a calendar in a file: those of the API."""

    version = None  # type: ignore[assignment]


class Reader:
    """Reads many items with one serializer, which takes long to build.

    A value must have the type that its setting has: `1.10` without quotes is a
    number, and as text it would silently have become `1.1`.
    """

    def __init__(self, serializer: serializers.Serializer[Any]) -> None:
        self._serializer = serializer
        self._fields = dict(serializer.fields)

    def read(self, written: Written) -> dict[str, Any]:
        """Return the settings, those that are left out with their defaults.

        Raises:
            InvalidFile: naming the place of each that is wrong.
        """
        data = {"name": written.name, **written.settings}
        mistyped: dict[str, Any] = dict(self._mistyped(data))
        typed = {name: value for name, value in data.items() if name not in mistyped}
        try:
            settings = self._serializer.run_validation(typed)
        except ValidationError as error:
            raise InvalidFile(_problems({**_by_field(error), **mistyped}, path=written.path)) from None
        if mistyped:
            raise InvalidFile(_problems(mistyped, path=written.path))
        return dict(settings)

    def _mistyped(self, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for name, value in data.items():
            field = self._fields.get(name)
            if value is None:
                continue
            if isinstance(field, TEXT) and not isinstance(value, str):
                yield name, "write text, in quotes if it looks like a number"
            if isinstance(field, serializers.IntegerField) and type(value) is not int:
                yield name, "write a whole number, without quotes"


def schedule_reader(world: World) -> Reader:
    """Return a reader of schedules that finds names in `world`."""
    return Reader(ScheduleCodeSerializer(context={"world": world}))


def calendar_reader() -> Reader:
    """Return a reader of calendars."""
    return Reader(CalendarCodeSerializer())


def defaults() -> dict[str, Any]:
    """Return the settings that a schedule has when its file leaves them out, in their text form.

    `catchup_window` is not among them: it follows from the rules.
    """
    fields = ScheduleCodeSerializer().fields.items()
    values = {name: field.get_default() for name, field in fields if not field.required}
    return {name: _as_text(value) for name, value in values.items() if name != "catchup_window"}


def _as_text(value: Any) -> Any:
    return DurationField().to_representation(value) if isinstance(value, timedelta) else value


def _by_field(error: ValidationError) -> dict[str, Any]:
    return dict(error.detail) if isinstance(error.detail, Mapping) else {"": error.detail}


def _problems(detail: Any, *, path: str) -> Iterator[Problem]:
    if isinstance(detail, Mapping):
        for name, part in detail.items():
            yield from _problems(part, path=f"{path}.{name}" if name else path)
    elif isinstance(detail, list):
        for part in detail:
            yield from _problems(part, path=path)
    else:
        yield Problem(path=path, message=str(detail))
