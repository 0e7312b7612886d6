"""Why a call is refused, beside what the services refuse."""

from uuid import UUID

from executions.errors import ExecutionError


class KeyRequired(ExecutionError):
    """The call carries no API key and may not do without; its sender needs a key of the organization."""

    def __init__(self) -> None:
        super().__init__("give `api_key`: calls without a key are not accepted here")


class NoSuchWorkflow(ExecutionError):
    """The organization has no workflow of this name; the caller must name one that exists."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no workflow {name!r}")


class NoSuchExecution(ExecutionError):
    """The organization has no execution of this id; the caller must name one that exists."""

    def __init__(self, execution_id: UUID) -> None:
        super().__init__(f"there is no execution {execution_id}")
