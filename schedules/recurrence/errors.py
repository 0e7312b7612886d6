"""What can be wrong with a rule: always the author's fault, never the scheduler's."""


class InvalidRule(ValueError):
    """A rule cannot be used as written; show the message to its author.

    Attributes:
        field: what to correct: a key of the rule's JSON, or for a cron a field of its text.
        key: the key of the rule's JSON that holds `field`.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"

    @property
    def key(self) -> str:
        return self.field


class InvalidCron(InvalidRule):
    """A cron expression is malformed, out of range or never fires.

    `field` is `second`, `minute`, `hour`, `day of month`, `month`, `day of week`,
    `day_match`, or `expression` when no single field is to blame.
    """

    @property
    def key(self) -> str:
        return "day_match" if self.field == "day_match" else "expression"


class InvalidZone(InvalidRule):
    """The zone is not a name of the IANA time zone database."""

    @classmethod
    def named(cls, name: object) -> "InvalidZone":
        shown = repr(name)[:80]
        return cls("zone", f"{shown} is not an IANA time zone; write one such as 'Europe/Berlin' or 'UTC'")
