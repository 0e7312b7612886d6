"""Outputs as the database keeps them: JSON of at most 1 MB, in UTF-8 and without needless spaces."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from executions.outcomes import Completed, Failed, Outcome
from workflows.plain import check_plain

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
    text = json.dumps(
        output, cls=DjangoJSONEncoder, allow_nan=False, ensure_ascii=False, separators=(",", ":")
    )
    size = len(text.encode(errors="surrogatepass"))  # half a pair is refused below, with a reason
    if size > MAX_BYTES:
        raise ValueError(f"it has {size:,} bytes of JSON; at most {MAX_BYTES:,} are allowed")
    plain = json.loads(text)
    check_plain(plain, max_text=MAX_BYTES)
    return plain
