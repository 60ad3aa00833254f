"""The question that the model is asked, and what its answer must be beyond its shape."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lambdas.shared import prompts
from lambdas.shared.errors import ModelAnswerInvalid
from lambdas.shared.generated import GeneratedTasks
from lambdas.shared.models.interface import Prompt

VERSION = "v1"
TOOL = "hand_in_tasks"
_FIELDS = (
    "goal_title",
    "goal_description",
    "goal_background",
    "goal_constraints",
    "goal_deadline",
    "sub_goal_title",
    "sub_goal_description",
    "action_title",
    "action_description",
    "action_kind",
)


@cache
def instructions() -> str:
    """The prompt file of this version."""
    return Path(__file__).with_name(f"prompt_{VERSION}.md").read_text("utf-8")


def prompt(text: Mapping[str, Any]) -> Prompt:
    """The question about one action; what people wrote stands between tags, and cannot close them."""
    return Prompt(
        instructions=instructions(),
        text=prompts.data(text, _FIELDS, language(text)),
        tool=TOOL,
        purpose="Hand in the three to seven tasks that carry out the action, in the order in which to do them.",
    )


def language(text: Mapping[str, Any]) -> str:
    """The language of what the person wrote; where a few signs do not tell, the person's own."""
    return prompts.language((text["goal_title"], text["goal_description"], text["action_title"]), str(text["language"]))


def check(answer: GeneratedTasks) -> None:
    """Refuse an answer that says the same thing twice."""
    titles = {task.title.strip().casefold() for task in answer.tasks}
    if len(titles) < len(answer.tasks):
        raise ModelAnswerInvalid("The model's answer holds the same task twice.")
