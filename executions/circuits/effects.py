"""What the outcome of an attempt says of the target that it called. Pure."""

from executions.rules.outcomes import Completed, Failed, Outcome

TOO_MANY = 429  # the target asks for fewer calls, of everybody
NEVER_CALLED = frozenset(
    {"ExpressionError", "InvalidRequest", "InvalidOutput", "NotAllowed", "NotRegistered"}
)


def is_well(kind: str, outcome: Outcome | None) -> bool | None:
    """Return whether the target did what it should, or None where the outcome says nothing of it.

    An HTTP status below 500 other than 429 is the caller's fault: the target is well. What was
    interrupted, handed back or lost says nothing; a timeout does.
    """
    match outcome:
        case Completed():
            return True
        case Failed(error_class=name) if name in NEVER_CALLED:
            return None
        case Failed(timed_out=True):
            return False
        case Failed() if kind == "http":
            return _has_answered_well(outcome)
        case Failed():
            return None if outcome.is_final or outcome.was_interrupted else False
        case _:
            return None


def _has_answered_well(failed: Failed) -> bool | None:
    if failed.status is not None:
        return failed.status < 500 and failed.status != TOO_MANY
    return False if "httpx.TransportError" in failed.error_classes else None
