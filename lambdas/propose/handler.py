"""What the model proposes for a chart: eight sub-goals of a goal, or eight actions of a sub-goal.

Invoked without anybody waiting. Whatever the model does, the proposal ends as completed or failed; what fails here is
the database, and then Lambda repeats the invocation.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from lambdas.propose import logic
from lambdas.shared import environment, metrics
from lambdas.shared.database import Database, Row
from lambdas.shared.errors import MODEL_ERRORS, ModelAnswerInvalid, ModelThrottled, ModelUnavailable
from lambdas.shared.logging import correlate, logger
from lambdas.shared.models.choice import choose
from lambdas.shared.repositories import proposals
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    database_secret_arn: str
    model_provider: str
    model_id: str
    model_key_arn: str = ""


ENV = environment.read(Env)
DATABASE = Database(ENV.database_secret_arn)
MODEL = choose(ENV.model_provider, ENV.model_id, ENV.model_key_arn)
# The waits before the second and the third attempt, in seconds.
WAITS = (2, 4)


@recorded
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{"proposalId", "userId", "correlationId"} -> {"state"}: completed, failed, or "done" when it was before."""
    user, proposal = str(event["userId"]), str(event["proposalId"])
    correlate(str(event["correlationId"]))
    with DATABASE.reading() as session:
        text = proposals.claim(session, user, proposal)
    if text is None:
        return {"state": "done"}
    began = time.perf_counter()
    try:
        state: str = "completed"
        result: dict[str, Any] = {"items": _ask(text)}
    except MODEL_ERRORS as error:
        logger.exception("The model made no proposal.", proposal=proposal)
        state, result = "failed", {"error": type(error).__name__}
    seconds = time.perf_counter() - began
    metrics.count_generation("success" if state == "completed" else "failure", seconds, proposal)
    with DATABASE.reading() as session:
        proposals.finish(session, user, proposal, state, result)
    logger.info("The proposal has ended.", proposal=proposal, state=state, seconds=round(seconds, 3))
    return {"state": state}


def _ask(text: Row) -> list[dict[str, Any]]:
    """The model's answer; asked again where another try may help."""
    prompt, shape = logic.prompt(text), logic.SHAPES[text["kind"]]
    for wait in WAITS:
        try:
            return logic.items(MODEL.ask(prompt, shape))
        except (ModelThrottled, ModelUnavailable, ModelAnswerInvalid) as error:
            logger.warning("The model is asked again.", error=type(error).__name__, wait=wait)
            time.sleep(wait)
    return logic.items(MODEL.ask(prompt, shape))
