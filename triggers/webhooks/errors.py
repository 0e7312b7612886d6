"""What can go wrong with a webhook and its deliveries."""

from uuid import UUID

from triggers.errors import TriggerError
from workflows.errors import Invalid


class WebhookError(TriggerError):
    """Base of what a sender or an owner of a webhook may meet."""


class Unproven(WebhookError):
    """There is no such webhook, or the request does not prove who sent it; the sender is not told which.

    Attributes:
        webhook_id: of the one that was meant, if there is one.
        problem: for its owner alone.
    """

    def __init__(
        self, *, webhook_id: UUID | None = None, organization_id: UUID | None = None, problem: str
    ) -> None:
        super().__init__("there is no such webhook, or the request does not prove who sent it")
        self.webhook_id = webhook_id
        self.organization_id = organization_id
        self.problem = problem


class WebhookGone(WebhookError):
    """The webhook was deleted while a delivery was taken; a sender is told what it is told of an unknown one."""

    def __init__(self) -> None:
        super().__init__("the webhook was deleted")


class WebhookPaused(WebhookError):
    """The webhook takes nothing now; the sender may deliver it again later."""

    def __init__(self) -> None:
        super().__init__("the webhook is paused; deliver it again later")


class DeliveryTooLarge(WebhookError):
    """The body is larger than the webhook takes; the sender must send less, or its owner allow more."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body has more than {limit:,} bytes")


class UnsupportedType(WebhookError):
    """The webhook does not take this content type; the sender must send another, or its owner allow it."""

    def __init__(self, media_type: str, *, allowed: list[str]) -> None:
        said = f"the content type {media_type[:100]!r} is" if media_type else "a body without content type is"
        super().__init__(f"{said} not taken here; send {' or '.join(allowed)}")


class MalformedDelivery(WebhookError):
    """The body is not what its content type says; the sender must mend it."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the body is {problem}")


class InvalidDelivery(Invalid):
    """The body holds what cannot be kept, or makes no input of the workflow; `errors` says where."""


class DeliveryConflict(WebhookError):
    """The id named another delivery before; the sender must give each its own."""

    def __init__(self, delivery_id: str) -> None:
        super().__init__(
            f"the id {delivery_id[:100]!r} came with another body before; give each delivery its own"
        )


class TooDeep(WebhookError):
    """Too many executions led to it, one after the other: most likely a loop, which its owner must break."""

    def __init__(self, depth: int) -> None:
        super().__init__(f"{depth} executions and events led to it, one after the other: a loop?")


class LastSecret(WebhookError):
    """Without it nobody could prove anything; add another one first, or delete the webhook."""

    def __init__(self) -> None:
        super().__init__("this is the only live secret; add another one first, or delete the webhook")


class NoSuchWebhookSecret(WebhookError):
    """The webhook has no live secret with this id; list those that it has."""

    def __init__(self) -> None:
        super().__init__("the webhook has no such secret; list those that it has")
