"""`set`: values computed by expressions."""

from typing import Any, Literal

from workflows.steps.body import Body


class SetBody(Body):
    """Compute values. Output: `values`, filled in."""

    TEMPLATES = ("values",)

    kind: Literal["set"]
    values: dict[str, Any]
