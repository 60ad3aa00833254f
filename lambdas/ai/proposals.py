"""Proposals by the model: asked for here, made by another function, since nothing here may take that long."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lambdas.shared import aws
from lambdas.shared.database import Row
from lambdas.shared.errors import Problem
from lambdas.shared.logging import logger
from lambdas.shared.shapes import filled
from lambdas.shared.shapes_proposals import Proposal, ProposedItem


def invoke(function_name: str, payload: Mapping[str, str]) -> None:
    """Have the function make the proposal, without waiting for it. A 503 problem when it cannot be asked."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        aws.client("lambda").invoke(FunctionName=function_name, InvocationType="Event", Payload=json.dumps(payload))
    except (BotoCoreError, ClientError) as error:
        logger.exception("The proposal could not be begun.", proposal=payload["proposalId"])
        detail = "The proposal could not be begun; nothing was changed, try again."
        raise Problem(503, detail, headers={"Retry-After": "5"}) from error


def shown(row: Row) -> Proposal:
    """A proposal as the API shows it."""
    result = row["result"] or {}
    state, error = ("failed", "Lost") if row["is_lost"] else (row["state"], result.get("error"))
    items = [ProposedItem(**item) for item in result.get("items", [])]
    return filled(Proposal, row, state=state, error=error, items=items)
