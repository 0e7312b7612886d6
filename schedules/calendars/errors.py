"""What can be wrong with a calendar: always its author's fault, never the scheduler's."""


class InvalidCalendar(ValueError):
    """A calendar, or what a schedule does with one, cannot be used as written; show it to its author.

    Attributes:
        field: path of the value to correct, such as `entries[2].country`.
        problem: what is wrong with it and what to write instead.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"
