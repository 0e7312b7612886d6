"""The statements that deliveries are kept with."""

import json
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from organizations.rows import Columns
from organizations.statements import executed
from triggers.models import Delivery, Webhook
from workflows.models import Workflow

_WEBHOOK, _WORKFLOW = Columns(Webhook, alias="h"), Columns(Workflow, alias="w")

# Indexes: the unique one of token; of secrets the one of webhook.
_CALLED = f"""
SELECT {_WEBHOOK.text}, {_WORKFLOW.text}, n.now, ARRAY(
    SELECT s.sealed FROM triggers_webhooksecret AS s
    WHERE s.webhook_id = h.id AND (s.expires_at IS NULL OR s.expires_at > n.now))
FROM (SELECT horarium_now() AS now) AS n, triggers_webhook AS h JOIN workflows_workflow AS w ON w.id = h.workflow_id
WHERE h.token = %s
"""  # noqa: S608 - constant text


def called(token: str) -> Webhook | None:
    """Return the webhook of a token with its workflow, `live_secrets` and `read_at`, the database's time."""
    with executed(_CALLED, [token]) as cursor:
        found = cursor.fetchone()
    if found is None:
        return None
    webhook = _WEBHOOK.row(found[: len(_WEBHOOK)])
    webhook.workflow = _WORKFLOW.row(found[len(_WEBHOOK) : -2])
    webhook.read_at, webhook.live_secrets = found[-2:]
    return webhook


class Row(NamedTuple):
    """The row that a delivery has: its own, or that of the same one before."""

    id: UUID
    body_hash: str
    outcome: str
    reason: str
    execution_id: UUID | None
    is_new: bool


# Indexes: delivery_once, or the primary key. Writing a column to itself locks the row that is there and returns
# it: the copies of one delivery go on one after the other, and each sees what the one before has done. xmax is
# zero in a row that no transaction has locked or replaced. A webhook that is being deleted is waited for.
_TAKE = """
INSERT INTO triggers_delivery AS d (id, organization_id, webhook_id, delivery_id, body_hash, received_at,
    remote_address, content_type, headers, body, outcome, reason, detail, replay_of_id, replayed_by)
SELECT %(id)s::uuid, %(organization_id)s::uuid, w.id, %(delivery_id)s::text, %(body_hash)s::text,
    %(received_at)s::timestamptz, %(remote_address)s::text, %(content_type)s::text, %(headers)s::jsonb,
    %(body)s::bytea, %(outcome)s::text, %(reason)s::text, %(detail)s::text, %(replay_of_id)s::uuid,
    %(replayed_by)s::text
FROM (SELECT id FROM triggers_webhook WHERE id = %(webhook_id)s FOR KEY SHARE) AS w
ON CONFLICT {key} DO UPDATE SET webhook_id = d.webhook_id
RETURNING d.id, d.body_hash, d.outcome, d.reason, d.execution_id, d.xmax = 0
"""
_TAKE_DELIVERY = _TAKE.format(
    key="(webhook_id, delivery_id) WHERE delivery_id IS NOT NULL AND replay_of_id IS NULL"
)
_TAKE_REPLAY = _TAKE.format(key="(id)")
_COLUMNS = (
    *("id", "organization_id", "webhook_id", "delivery_id", "body_hash", "received_at", "remote_address"),
    *("content_type", "body", "outcome", "reason", "detail", "replay_of_id", "replayed_by"),
)


def take(delivery: Delivery) -> Row | None:
    """Insert a delivery, or lock the row of the same one before; in either case hold it until the end.

    Returns:
        The row, or None where the webhook is there no more.
    """
    statement = _TAKE_REPLAY if delivery.replay_of_id else _TAKE_DELIVERY
    values = {name: getattr(delivery, name) for name in _COLUMNS}
    with executed(statement, {**values, "headers": json.dumps(delivery.headers)}) as cursor:
        row = cursor.fetchone()
    return Row._make(row) if row else None


_SETTLE = """
UPDATE triggers_delivery SET outcome = %(outcome)s, reason = %(reason)s, detail = %(detail)s,
    execution_id = %(execution_id)s::uuid
WHERE id = %(id)s
"""


def settle(id_: UUID, *, outcome: str, reason: str, detail: str, execution_id: UUID | None) -> None:
    """Write what became of a delivery that is held."""
    said = {"id": id_, "outcome": outcome, "reason": reason, "detail": detail, "execution_id": execution_id}
    with executed(_SETTLE, said):
        pass


# Index: delivery_age.
_PRUNE = """
DELETE FROM triggers_delivery WHERE id IN (
    SELECT id FROM triggers_delivery WHERE received_at < %s ORDER BY received_at LIMIT %s FOR UPDATE SKIP LOCKED
)
"""


def prune(before: datetime, *, limit: int) -> int:
    """Delete up to `limit` deliveries that came before a time, and return how many there were."""
    with executed(_PRUNE, [before, limit]) as cursor:
        return cursor.rowcount
