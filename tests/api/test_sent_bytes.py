"""Whatever is sent as an event is recorded or refused; nothing that a sender writes is a bug."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from tests.api.conftest import V1

URL = f"{V1}/events/"
TYPES = st.sampled_from(
    [
        "application/json",
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
        "text/plain; charset=x",
        "multipart/form-data; boundary=x",
        ";",
        "",
    ]
)
NAMES = st.sampled_from(
    ["specversion", "id", "source", "type", "time", "subject", "datacontenttype", "data", "x", "-"]
)
HEADER_VALUES = st.one_of(
    st.sampled_from(
        [
            "1.0",
            "/s",
            "%",
            "%FF",
            "%00",
            '"',
            '"\\',
            '"a"',
            "2026-02-30T25:00:00Z",
            "9999-12-31T23:59:60-23:59",
        ]
    ),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=8),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4))
JSON = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=3)
)
EVENTS = st.fixed_dictionaries(
    {"specversion": st.just("1.0")},
    optional=dict.fromkeys(
        ["id", "source", "type", "time", "data", "data_base64", "subject", "dataschema", "x"],
        JSON | st.just("/s"),
    ),
)


def refuses_or_takes(api: APIClient, body: Any, content_type: str, headers: dict[str, str]) -> None:
    answer = api.generic("POST", URL, body, content_type=content_type, headers=headers)

    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.json()["error"]["message"]


@pytest.mark.django_db
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=40), content_type=TYPES, values=st.dictionaries(NAMES, HEADER_VALUES))
def test_any_bytes_and_headers_are_taken_or_refused(api: APIClient, body, content_type, values):
    required = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"} if values else {}

    refuses_or_takes(
        api, body, content_type, required | {f"ce-{name}": value for name, value in values.items()}
    )


@pytest.mark.django_db
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=EVENTS)
def test_any_json_is_taken_or_refused(api: APIClient, event):
    refuses_or_takes(api, json.dumps(event).encode(), "application/cloudevents+json", {})
    refuses_or_takes(api, json.dumps([event]).encode(), "application/cloudevents-batch+json", {})
