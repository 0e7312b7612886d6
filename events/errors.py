"""What can end, or spoil, the conversation with a WebSocket client, and what is wrong with an event that is sent."""


class EventError(Exception):
    """Base of what a client of the event stream may meet. The message is for the client to read."""


class BadMessage(EventError):
    """The client sent something that is not in the protocol; it must send it again, mended."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


class NotAuthenticated(EventError):
    """There is no valid credential (any more); the client must get one."""


class NotAMember(EventError):
    """The credential is valid and opens nothing here; the client must ask for another organization."""


class TooSlow(EventError):
    """The client does not read what it is told; it must come back and resume by id."""

    def __init__(self) -> None:
        super().__init__("too slow; connect again with ?after=<the last event id>")


class EventConflict(EventError):
    """The source has used the id for another event; it must give each event its own.

    `place` says which of a list it was, counted from 0, where it is known.
    """

    place: int | None = None

    def __init__(self, source: str, external_id: str) -> None:
        super().__init__(
            f"the id {external_id[:100]!r} of source {source[:100]!r} names another event; give each its own"
        )
        self.source = source
        self.external_id = external_id


class EventTooLarge(EventError):
    """The data of an event is too large; the sender must send less, such as a reference.

    `place` says which of a list it was, counted from 0, where there are several.
    """

    def __init__(self, limit: int, *, place: int | None = None) -> None:
        self.place = place
        super().__init__(f"`data` has more than {limit:,} bytes of JSON; send less, such as a reference")


class LostDispatch(EventError):
    """Another worker has taken the event over; this one must undo what it has done with it."""

    def __init__(self) -> None:
        super().__init__("the event is no longer held")


class InvalidEvent(EventError):
    """An event that cannot be kept; `errors` name its attributes and what to write instead."""

    def __init__(self, errors: dict[str, str]) -> None:
        lines = (f"{name}: {problem}".removeprefix(": ") for name, problem in errors.items())
        super().__init__("; ".join(lines))
        self.errors = errors

    def at(self, place: int) -> "InvalidEvent":
        """Return the error of the event at a place of a list, counted from 0."""
        return InvalidEvent(
            {f"[{place}].{name}".removesuffix("."): text for name, text in self.errors.items()}
        )


class NotAnEvent(EventError):
    """The request does not say that it holds an event; its sender must say so by its headers."""
