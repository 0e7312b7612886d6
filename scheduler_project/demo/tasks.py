"""The demonstration's own Celery tasks: plain functions; one of them tells how far it is."""

import hashlib
import json
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from celery import shared_task

import horarium

REFUSED_ATTEMPTS = 2
SECONDS_TO_THE_LETTER_BOX = 2


@shared_task(name="demo.outline")
def outline(schema: dict[str, Any]) -> list[str]:
    """Return the operations of an OpenAPI document, such as `GET /api/v1/schedules/`, sorted."""
    return sorted(
        f"{method.upper()} {path}" for path, methods in schema["paths"].items() for method in methods
    )


@shared_task(name="demo.checksum")
def checksum(value: object) -> str:
    """Return the SHA-256 of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


@shared_task(name="demo.by_method")
def by_method(operations: list[str]) -> dict[str, int]:
    """Count operations by their method."""
    return dict(Counter(operation.partition(" ")[0] for operation in operations))


@shared_task(name="demo.write_report")
def write_report(*, folder: str, operations: int, checksum: str, methods: dict[str, int]) -> str:
    """Write a page of Markdown about the API and return its path. Writing it again replaces it whole."""
    lines = [f"# The API on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "", f"{operations} operations:", ""]
    lines += [f"- {method}: {count}" for method, count in sorted(methods.items())]
    lines += ["", f"SHA-256 of the list: `{checksum}`", ""]
    path = Path(folder) / "api-digest.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines))
    part.replace(path)
    return str(path)


@shared_task(name="demo.deliver")
def deliver(*, attempt: int) -> str:
    """Stand for a receiver that is away at first."""
    if attempt <= REFUSED_ATTEMPTS:
        raise ConnectionError(f"the receiver refused attempt {attempt}")
    return f"delivered by attempt {attempt}"


@shared_task(name="demo.send")
def send(text: str) -> str:
    """Carry a postcard to the letter box, and tell how far it is."""
    for second in range(SECONDS_TO_THE_LETTER_BOX):
        horarium.progress(second / SECONDS_TO_THE_LETTER_BOX, "on the way to the letter box")
        time.sleep(1)
    horarium.progress(1, "posted")
    return f"posted: {text}"
