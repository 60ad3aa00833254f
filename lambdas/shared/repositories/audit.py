"""The record of who did what; ids and states only, never a person's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lambdas.shared.database import Session


def note(session: Session, actor: str | None, action: str, entity: tuple[str, str], detail: Mapping[str, Any]) -> None:
    """Add one event; `entity` is (kind, id). It is part of the transaction that it tells of."""
    kind, entity_id = entity
    session.run(
        "INSERT INTO audit_events (actor, action, entity, entity_id, detail)"
        " VALUES (%(actor)s, %(action)s, %(kind)s, %(entity_id)s, %(detail)s)",
        {"actor": actor, "action": action, "kind": kind, "entity_id": entity_id, "detail": json.dumps(detail)},
    )
