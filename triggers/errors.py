"""What can go wrong with triggers and webhooks."""

from workflows.errors import Invalid


class TriggerError(Exception):
    """Base of what callers of `triggers.services` may meet."""


class InvalidTrigger(Invalid):
    """Settings of a trigger or webhook that the caller must correct; `errors` names each."""


class InvalidMapping(TriggerError):
    """The mapping makes no input of this event; whoever wrote the trigger must change it."""

    def __init__(self, problem: str, *, is_expression: bool) -> None:
        super().__init__(f"input: {problem}")
        self.is_expression = is_expression


class DuplicateTrigger(TriggerError):
    """The name is taken; the caller must choose another."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"there is a {kind} called {name!r} already; choose another name")


class TriggerChanged(TriggerError):
    """A trigger was changed, paused or deleted after it was held against events; look at them again."""


class StaleTrigger(TriggerError):
    """Somebody else has changed it; read it again and decide anew."""

    def __init__(self, kind: str, *, version: int, based_on: int) -> None:
        super().__init__(f"the {kind} is at version {version}, not {based_on}; read it again")


class TooManyTrials(TriggerError):
    """Others are trying events; come back in a moment."""

    def __init__(self) -> None:
        super().__init__("others are trying events at this moment; try again")
