"""Logs tell what happened, and no secret."""

import pytest

from scheduler_project.logs import without_tokens


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Internal Server Error: /hooks/4v3ry-s3cr3t_t0ken", "Internal Server Error: /hooks/…"),
        ("Invalid HTTP_HOST header: 'x'.", "Invalid HTTP_HOST header: 'x'."),
    ],
)
def test_the_address_of_a_webhook_is_not_logged(line: str, shown: str) -> None:
    event = without_tokens(None, "error", {"event": line, "request": object(), "status_code": 500})

    assert event == {"event": shown, "status_code": 500}
