"""The examples of the CloudEvents specification 1.0.2, of its JSON format and its HTTP binding, and what is kept."""

from dataclasses import dataclass, field
from typing import Any

AT = "2018-04-05T17:31:00Z"
KEPT_AT = "2018-04-05T17:31:00+00:00"
EXTENSIONS = {"comexampleextension1": "value", "comexampleothervalue": 5}
AS_TEXT = {"comexampleextension1": "value", "comexampleothervalue": "5"}
INFO = {"appinfoA": "abc", "appinfoB": 123, "appinfoC": True}
THRIFT = "application/vnd.apache.thrift.binary"
XML = '<much wow="xml"/>'
GIF = "R0lGODlhAQABAIA="
HTTP_BINDING = {
    "ce-specversion": "1.0",
    "ce-type": "com.example.someevent",
    "ce-id": "1234-1234-1234",
    "ce-source": "/mycontext/subcontext",
}


def event(**attributes: Any) -> dict[str, Any]:
    """Return an event with the attributes that the examples share."""
    shared = {
        "specversion": "1.0",
        "type": "com.example.someevent",
        "source": "/mycontext",
        "id": "A234-1234-1234",
        "time": AT,
        **EXTENSIONS,
    }
    return {**shared, **attributes}


def kept(**changes: Any) -> dict[str, Any]:
    """Return what is kept of such an event."""
    return {"data": None, "time": KEPT_AT, "extensions": EXTENSIONS, **changes}


STRUCTURED = [
    (event(datacontenttype=THRIFT, data_base64=GIF), kept(datacontenttype=THRIFT, data_base64=GIF)),
    (
        event(id="B234-1234-1234", unsetextension=None, datacontenttype="application/xml", data=XML),
        kept(datacontenttype="application/xml", data=XML),
    ),
    (
        event(id="C234-1234-1234", subject=None, datacontenttype="application/json", data=INFO),
        kept(datacontenttype="application/json", data=INFO),
    ),
    (event(id="D234-1234-1234", subject=None, data="I'm just a string"), kept(data="I'm just a string")),
    (
        event(
            type="com.github.pull_request.opened",
            source="https://github.com/cloudevents/spec/pull",
            subject="123",
            datacontenttype="text/xml",
            data=XML,
        ),
        kept(datacontenttype="text/xml", data=XML),
    ),
    (event(data=None, time=None), kept(time=None)),
    (event(data=[1, 2.5, None]), kept(data=[1, 2.5, None])),
    (event(data=False, flag=True), kept(data=False, extensions={**EXTENSIONS, "flag": True})),
    (
        event(data=0, datacontenttype="application/geo+json"),
        kept(data=0, datacontenttype="application/geo+json"),
    ),
    (event(dataschema="https://example.com/a.json#x"), kept(dataschema="https://example.com/a.json#x")),
    (event(time="1996-12-19T16:39:57-08:00"), kept(time="1996-12-20T00:39:57+00:00")),
    (event(time="1985-04-12T23:20:50.52Z"), kept(time="1985-04-12T23:20:50.520000+00:00")),
    (event(time="2018-04-05t17:31:00.123456789z"), kept(time="2018-04-05T17:31:00.123456+00:00")),
    (event(time="1990-12-31T23:59:60Z"), kept(time="1991-01-01T00:00:00+00:00")),
    *(
        (event(source=source), kept())
        for source in (
            "https://github.com/cloudevents",
            "mailto:cncf-wg-serverless@lists.cncf.io",
            "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
            "/cloudevents/spec/pull/123",
            "/sensors/tn-1234567/alerts",
            "1-555-123-4567",
        )
    ),
]
BATCH = [
    event(source="/mycontext/4", datacontenttype=THRIFT, data_base64=GIF),
    event(
        type="com.example.someotherevent",
        source="/mycontext/9",
        id="C234-1234-1234",
        time="2018-04-05T17:31:05Z",
        datacontenttype="application/json",
        data=INFO,
    ),
]


@dataclass(frozen=True)
class Binary:
    """A request in binary mode, and what is kept of it beside the columns."""

    body: bytes | str = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=lambda: HTTP_BINDING)
    kept: dict[str, Any] = field(default_factory=dict)


def with_extensions(body: bytes | str, content_type: str, **changes: Any) -> Binary:
    """Return one of the examples of the JSON format, encoded in binary mode."""
    headers = {**HTTP_BINDING, "ce-time": AT}
    headers |= {f"ce-{name}": value for name, value in AS_TEXT.items()}
    return Binary(
        body,
        content_type,
        headers,
        {"data": None, "time": KEPT_AT, "extensions": AS_TEXT, "datacontenttype": content_type, **changes},
    )


def of_data(body: bytes | str, content_type: str, data: Any) -> Binary:
    """Return a request whose data is kept as `data`."""
    return Binary(body, content_type, kept={"datacontenttype": content_type, "data": data})


def of_header(value: str, extension: str) -> Binary:
    """Return a request with an extension whose header has a value, and what it says."""
    headers = {**HTTP_BINDING, "ce-comexample": value}
    return Binary(headers=headers, kept={"data": None, "extensions": {"comexample": extension}})


BINARY = [
    Binary(
        b'{"a": 1}',
        "application/json; charset=utf-8",
        {**HTTP_BINDING, "ce-time": "2018-04-05T03:56:24Z"},
        {
            "data": {"a": 1},
            "time": "2018-04-05T03:56:24+00:00",
            "datacontenttype": "application/json; charset=utf-8",
        },
    ),
    with_extensions(b"\x0b\xff\x00", THRIFT, data_base64="C/8A"),
    with_extensions(XML, "application/xml", data=XML),
    with_extensions(b'{"appinfoA": "abc", "appinfoB": 123, "appinfoC": true}', "application/json", data=INFO),
    with_extensions('"I\'m just a string"', "application/json", data="I'm just a string"),
    Binary(kept={"data": None}),
    of_data(b"", "application/json", None),
    of_data(b"null", "application/json", None),
    of_data("Grüße", "text/plain; charset=UTF-8", "Grüße"),
    of_data("7", "text/plain", "7"),
    of_data("[7]", "application/geo+json", [7]),
    of_data("plain", "application/octet-stream", "plain"),
    of_data("a=1&b=2", "application/x-www-form-urlencoded", "a=1&b=2"),
    Binary(
        b"Gr\xfc\xdfe",
        "text/plain; charset=iso-8859-1",
        kept={"datacontenttype": "text/plain; charset=iso-8859-1", "data": None, "data_base64": "R3L832U="},
    ),
    Binary(b'{"a": 1}', kept={"data": {"a": 1}}),
    Binary(b"<a/>", kept={"data": "<a/>"}),
    of_header("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € \U0001f600"),
    of_header("%e2%82%ac", "€"),
    of_header("%41%2520", "A%20"),
    of_header('"two words"', "two words"),
    of_header(r'"with \"quotes\" and %22"', 'with "quotes" and "'),
    of_header("true", "true"),
]
