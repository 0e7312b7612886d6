"""Write `docs/settings.md` from `scheduler_project.environment.Environment`.

python -m tests.docs.settings_page
"""

from collections.abc import Mapping
from typing import Any

from scheduler_project.environment import Environment
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "settings.md"
START = """\
# Settings

Every process reads its settings once, from the environment, when it starts. Nothing here changes when
something fires: zones, policies and limits are columns of the schedule or the workflow.

In production (`HORARIUM_ENV` unset) a process refuses to start without `SECRET_KEY`, `DATABASE_URL` and
`REDIS_URL`, with a secret of fewer than 32 characters, or with `DEBUG`. Lists are separated by commas.

The table is written by `python -m tests.docs.settings_page`, from `scheduler_project/environment.py`.

| Variable | Default | Accepts | |
|---|---|---|---|
"""


def page() -> str:
    """Return the page as it should be."""
    return START + "".join(f"{row}\n" for row in rows())


def rows() -> list[str]:
    """Return one row of the table for each variable, in the order of the class."""
    properties = Environment.model_json_schema(by_alias=True)["properties"]
    return [
        f"| `{name}` | {_default(part)} | {_accepted(part)} | {part['description']} |"
        for name, part in properties.items()
    ]


def _default(part: Mapping[str, Any]) -> str:
    value = part["default"]
    if isinstance(value, list):
        value = ",".join(value)
    elif isinstance(value, bool):
        value = str(value).lower()
    elif isinstance(value, float):
        value = f"{value:g}"
    return "none" if value == "" else f"`{value}`"


def _accepted(part: Mapping[str, Any]) -> str:
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    kind = {"array": "list", "boolean": "`true`, `false`", "string": "text"}.get(part["type"], "number")
    if "maximum" in part:
        return f"{kind}, {part['minimum']:g} to {part['maximum']:g}"
    return f"{kind}, {part['minimum']:g} or more" if "minimum" in part else kind


if __name__ == "__main__":
    PAGE.write_text(page())
