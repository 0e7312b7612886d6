"""What can be wrong with a workflow: its definition, its expressions, the input it is started with."""

from collections.abc import Iterable
from typing import TypedDict

from organizations.plain import NotPlain, dotted, short

__all__ = ["NotPlain", "dotted"]  # known here by these names, too


class Problem(TypedDict):
    """One thing to put right: `{"path": "steps[2].retry.initial", "message": "…"}`."""

    path: str
    message: str


class Invalid(ValueError):
    """A document that its author must change; `errors` lists every problem found, in document order."""

    def __init__(self, errors: Iterable[Problem]) -> None:
        self.errors: list[Problem] = list(errors)
        super().__init__("\n".join(_line(error) for error in self.errors))


class InvalidDefinition(Invalid):
    """The definition cannot be saved; show `errors` to its author."""


class InvalidInput(Invalid):
    """The input does not fit the workflow; show `errors` to whoever starts it. Paths begin with `input`."""


class ExpressionError(ValueError):
    """An expression does not compile, or failed on these values; the author of the definition must change it.

    Attributes:
        source: the text of the expression.
        reason: what is wrong with it. Never holds a value that came from `secrets`.
    """

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"{reason} (in `{short(source)}`)")


class UnknownVariable(ExpressionError):
    """An expression reads a variable that there is nowhere; the author must change it.

    Attributes:
        name: of the variable.
    """

    def __init__(self, source: str, name: str, *, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(source, f"unknown variable {name!r}; there are {', '.join(sorted(known))}")


def _line(error: Problem) -> str:
    return f"{error['path']}: {error['message']}" if error["path"] else error["message"]


class InvalidWorkflow(Invalid):
    """Settings beside the definition that the author must correct; `errors` names them."""


class ArchivedWorkflow(ValueError):
    """The workflow is archived and kept as it is; make another."""

    def __init__(self, name: str) -> None:
        super().__init__(f"workflow {name!r} is archived and cannot be changed")


class DuplicateWorkflow(ValueError):
    """The organization already has a workflow of this name; choose another or change that one."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is already a workflow called {name!r}")


class StaleWorkflow(ValueError):
    """Somebody changed the workflow since the caller read it; read it again and repeat the change."""

    def __init__(self, *, based_on: int, version: int) -> None:
        super().__init__(f"the workflow is at version {version}; the change was based on {based_on}")


class NoEarlierVersion(ValueError):
    """The workflow never had another current version, so there is none to go back to."""

    def __init__(self, name: str) -> None:
        super().__init__(f"workflow {name!r} has had no other version; there is nothing to roll back to")
