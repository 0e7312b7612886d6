"""A form field for JSON, read as strictly as the API reads it."""

from typing import Any

from django.core.exceptions import ValidationError

from organizations.display import pretty
from organizations.strict_json import NotJSON, loads
from organizations.theme import Code


class Json(Code):
    """JSON of one type, an object or a list; refuses NaN and keys that stand twice."""

    def __init__(self, *, of: type[dict[Any, Any]] | type[list[Any]] = dict, **options: Any) -> None:
        super().__init__(**options)
        self.of = of

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit."""
        return value if isinstance(value, str) else pretty(self.of() if value is None else value)

    def to_python(self, value: Any) -> Any:
        """Return what the text means; nothing written is an empty object or list."""
        text = super().to_python(value)
        if not text:
            return self.of()
        try:
            data = loads(text)
        except NotJSON as error:
            raise ValidationError(f"This is {error}.") from None
        if not isinstance(data, self.of):
            raise ValidationError(f"Write a JSON {'object, {…}' if self.of is dict else 'list, […]'}.")
        return data

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the text means something else than before."""
        try:
            return bool(self.to_python(data) != (self.of() if initial is None else initial))
        except ValidationError:
            return True
