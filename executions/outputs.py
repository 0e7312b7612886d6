"""Outputs as the database keeps them: JSON of at most 1 MB."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from executions.outcomes import Completed, Failed, Outcome

MAX_BYTES = 1_000_000


def storable(outcome: Outcome) -> Outcome:
    """Return `outcome` with its output as plain JSON, or a failure that says why it cannot be kept.

    Dates, times, decimals and UUIDs become text.
    """
    if not isinstance(outcome, Completed) or outcome.output is None:
        return outcome
    try:
        return Completed(_plain(outcome.output))
    except (TypeError, ValueError, RecursionError) as error:
        return Failed(error=f"the output cannot be kept: {error}", error_class="InvalidOutput")


def _plain(output: Any) -> Any:
    text = json.dumps(output, cls=DjangoJSONEncoder, allow_nan=False)
    if len(text) > MAX_BYTES:
        raise ValueError(f"it has {len(text):,} bytes of JSON; at most {MAX_BYTES:,} are allowed")
    plain = json.loads(text)
    json.dumps(plain, ensure_ascii=False).encode()  # a lone surrogate has no UTF-8
    if "\\u0000" in text:
        raise ValueError("it holds the character U+0000, which PostgreSQL does not store")
    return plain
