"""Rows of models from prepared statements: without the ORM's work of writing the same SQL for each request."""

import json
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import JSONField, Model

M = TypeVar("M", bound=Model)


class Columns(Generic[M]):
    """All columns of a model, as a statement names them and as a row comes back."""

    def __init__(self, model: type[M], *, alias: str) -> None:
        fields = model._meta.concrete_fields
        self.text = ", ".join(f"{alias}.{field.column}" for field in fields)
        self._model = model
        self._names = [field.attname for field in fields]
        self._json = [place for place, field in enumerate(fields) if isinstance(field, JSONField)]

    def __len__(self) -> int:
        return len(self._names)

    def row(self, values: Sequence[Any]) -> M:
        """Return the instance that the values of these columns, in their order, make."""
        read = list(values)
        for place in self._json:  # Django has the driver leave these as text
            read[place] = None if read[place] is None else json.loads(read[place])
        return self._model.from_db(connection.alias, self._names, read)
