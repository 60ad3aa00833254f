"""The question that the model is asked for a chart, and what its answer must be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec

from lambdas.shared import prompts
from lambdas.shared.errors import ModelAnswerInvalid
from lambdas.shared.models.interface import Prompt
from lambdas.shared.shapes import Kind, Text, Title

VERSION = "v1"
_TOOLS = {"sub_goals": "hand_in_sub_goals", "actions": "hand_in_actions"}
_FIELDS = (
    "goal_title",
    "goal_description",
    "goal_background",
    "goal_constraints",
    "goal_deadline",
    "sub_goal_title",
    "sub_goal_description",
    "existing",
)


class ProposedSubGoal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the eight fields around the goal."""

    title: Title
    description: Text


class ProposedAction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the eight fields around a sub-goal."""

    title: Title
    description: Text
    kind: Kind


class ProposedSubGoals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Eight sub-goals that together reach the goal."""

    sub_goals: Annotated[list[ProposedSubGoal], msgspec.Meta(min_length=8, max_length=8)]


class ProposedActions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Eight actions that together reach the sub-goal."""

    actions: Annotated[list[ProposedAction], msgspec.Meta(min_length=8, max_length=8)]


SHAPES: dict[str, type[ProposedSubGoals | ProposedActions]] = {
    "sub_goals": ProposedSubGoals,
    "actions": ProposedActions,
}


@cache
def instructions(kind: str) -> str:
    """The prompt file of this version."""
    return Path(__file__).with_name(f"prompt_{kind}_{VERSION}.md").read_text("utf-8")


def prompt(text: Mapping[str, Any]) -> Prompt:
    """The question about a goal, or about a sub-goal of it."""
    kind = str(text["kind"])
    written = [text["goal_title"], text["goal_description"], text["sub_goal_title"]]
    return Prompt(
        instructions=instructions(kind),
        text=prompts.data(text, _FIELDS, prompts.language(written, str(text["language"]))),
        tool=_TOOLS[kind],
        purpose="Hand in the eight fields of the chart, the most important first.",
    )


def items(answer: ProposedSubGoals | ProposedActions) -> list[dict[str, Any]]:
    """The proposed fields as plain data; refused when two of them are the same."""
    if isinstance(answer, ProposedSubGoals):
        made = [{"title": s.title, "description": s.description, "kind": None} for s in answer.sub_goals]
    else:
        made = [{"title": a.title, "description": a.description, "kind": a.kind} for a in answer.actions]
    if len({str(item["title"]).strip().casefold() for item in made}) < len(made):
        raise ModelAnswerInvalid("The model's answer holds the same field twice.")
    return made
