"""The target of a circuit that is written wrongly: the answer says how to write it."""

import pytest
from rest_framework.test import APIClient


@pytest.mark.parametrize("target", ["api.example", "ftp:api.example", "http:"])
def test_a_target_that_is_none_is_told_how_one_is_written(api: APIClient, target: str) -> None:
    answer = api.post("/api/v1/circuits/", {"target": target})

    assert answer.status_code == 400
    assert answer.json()["error"]["fields"][0]["message"].startswith("write http:<host>")
