"""The description of the API as one page that needs nothing from elsewhere."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from scheduler_project.api.openapi import described, operations


class Described(NamedTuple):
    """A parameter, or a field of the body."""

    name: str
    place: str
    type: str
    required: bool
    description: str


def docs(request: HttpRequest) -> HttpResponse:
    """Show every operation."""
    document = described()
    rows = [
        {**operation, "path": path, "method": method.upper(), "fields": list(_fields(document, operation))}
        for path, method, operation in operations(document)
    ]
    rows.sort(key=lambda row: row["tags"][0])
    return render(request, "api/docs.html", {"info": document["info"], "operations": rows})


def _fields(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[Described]:
    for parameter in operation.get("parameters", []):
        part = _followed(document, parameter)
        yield _field(
            part["name"], part["in"], {**part["schema"], **part}, required=part.get("required", False)
        )
    content = operation.get("requestBody", {}).get("content", {})
    body = _followed(document, content.get("application/json", {}).get("schema", {}))
    for name, part in body.get("properties", {}).items():
        yield _field(name, "body", _followed(document, part), required=name in body.get("required", ()))


def _field(name: str, place: str, part: dict[str, Any], *, required: bool) -> Described:
    kind = " or ".join(option.get("type", "") for option in part.get("oneOf", [])) or part.get("type", "any")
    choices = ", ".join(str(value) for value in part.get("enum", ()))
    description = ". ".join(text for text in (part.get("description", ""), choices) if text)
    return Described(name, place, kind, required, description)


def _followed(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference refers to, or `part` itself."""
    reference = part.get("$ref") or (part.get("allOf") or [{}])[0].get("$ref")
    if not reference:
        return part
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return {**found, **{key: value for key, value in part.items() if key not in {"$ref", "allOf"}}}
