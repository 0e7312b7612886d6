"""The description of the API as an OpenAPI document."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

PREFIX = "/api/v1/"  # the same resources answer under /api/, and are described once
NAMED = tuple(
    f"{PREFIX}{name}/" for name in ("workflows", "schedules", "triggers", "webhooks")
)  # by id or by name
METHODS = ("get", "post", "put", "patch", "delete")
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields"],
            "properties": {
                "code": {"type": "string", "example": "invalid"},
                "message": {"type": "string", "example": "rules[0].expression: write five or six fields"},
                "fields": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["path", "message"],
                        "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
                    },
                },
            },
        }
    },
}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes both headers that may hold an API key."""

    target_class = "organizations.authentication.ApiKeyAuthentication"
    name = ["apiKeyBearer", "apiKeyHeader"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """Return one scheme for each header."""
        del auto_schema
        return [
            {"type": "http", "scheme": "bearer", "description": "An API key, `hor_…`."},
            {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        ]


def only_versioned(endpoints: list[Any], **_: Any) -> list[Any]:
    """Drop the paths without a version: they are the same views."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(PREFIX)]


def with_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the one shape of errors, and the header that chooses an organization, to every operation."""
    components: dict[str, Any] = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = ERROR
    components["responses"] = {
        "Error": {
            "description": "The request was refused; `fields` says what to put right.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
    }
    components["parameters"] = {
        "Organization": {
            "name": "X-Organization",
            "in": "header",
            "schema": {"type": "string"},
            "description": "Slug; needed only by a person who belongs to several organizations.",
        }
    }
    for path, _method, operation in operations(result):
        _allow_names(path, operation)
        operation["responses"]["4XX"] = {"$ref": "#/components/responses/Error"}
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/Organization"})
    return result


def _allow_names(path: str, operation: dict[str, Any]) -> None:
    """Say that the id in a path may be a name where it may."""
    if path.startswith(NAMED):
        for parameter in operation.get("parameters", []):
            if parameter.get("name") == "id":
                parameter |= {"schema": {"type": "string"}, "description": "Id or name."}


def operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and description of every operation."""
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, method, methods[method]


@cache
def described() -> dict[str, Any]:
    """Return the description, made once per process."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


class SchemaView(APIView):
    """The description as YAML or JSON."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    renderer_classes = (OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer2, OpenApiYamlRenderer)
    schema = None

    def get(self, request: Request) -> Response:
        """Return the OpenAPI document."""
        del request
        return Response(described())
