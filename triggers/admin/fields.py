"""Form fields for what triggers and webhooks hold: mappings as YAML, lists with an entry to a line."""

import json
from typing import Any

from django.core.exceptions import ValidationError

from organizations.json_field import Json
from organizations.theme import Code
from workflows.errors import InvalidDefinition
from workflows.reading import read
from workflows.templates import OPENING
from workflows.writing import write

EXPRESSION_HELP = "An expression over <code>event</code>"


class Yaml(Code):
    """A mapping as YAML or JSON; nothing written is an empty one."""

    empty: Any = {}

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit."""
        return write(value) if isinstance(value, dict) and value else "" if value == self.empty else value

    def to_python(self, value: Any) -> Any:
        """Return what the text means."""
        text = super().to_python(value)
        return self.meaning(text) if text else self.empty

    def meaning(self, text: str) -> Any:
        """Return the mapping that a text is."""
        try:
            return read(text)
        except InvalidDefinition as error:
            reason = error.errors[0]["message"].replace(
                "a definition is a mapping with `steps`", "no mapping"
            )
            raise ValidationError(f"Write a mapping, such as name: value. This is {reason}.") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the text means something else than before."""
        try:
            return bool(self.to_python(data) != (self.empty if initial is None else initial))
        except ValidationError:
            return True


class Entries(Json):
    """A JSON list, shown with an entry to a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(of=list, **options)

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit."""
        if not isinstance(value, list) or not value:
            return super().prepare_value(value)
        lines = ",\n".join(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in value)
        return f"[\n{lines}\n]"


class Template(Yaml):
    """How an input is made: a mapping with expressions, or one expression; nothing written is None."""

    empty = None

    def meaning(self, text: str) -> Any:
        """Return the mapping, or the expression."""
        return text if text.startswith(OPENING) else super().meaning(text)
