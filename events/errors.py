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
    """The source has used the id for another event; it must give each event its own."""

    def __init__(self, source: str, external_id: str) -> None:
        super().__init__(
            f"the id {external_id[:100]!r} of source {source[:100]!r} names another event; give each its own"
        )


class EventTooLarge(EventError):
    """The data of an event is too large; the sender must send less, such as a reference."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"`data` has more than {limit:,} bytes of JSON; send less, such as a reference")
