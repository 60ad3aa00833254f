"""The question that the model is asked about an activity."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec

from lambdas.shared import prompts
from lambdas.shared.models.interface import Prompt
from lambdas.shared.shapes import Title

VERSION = "v1"
_FIELDS = ("repository", "activity_kind", "activity_title", "activity_body")
_JAPANESE = r"[\u3040-\u30ff\u3400-\u9fff]"


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What lies in the queue."""

    activity_id: str


class ActivitySummary(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An activity in Japanese."""

    title_ja: Title
    summary_ja: Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=_JAPANESE)]


@cache
def instructions() -> str:
    """The prompt file of this version."""
    return Path(__file__).with_name(f"prompt_{VERSION}.md").read_text("utf-8")


def prompt(text: Mapping[str, Any]) -> Prompt:
    """The question about one activity; what strangers wrote stands between tags, and cannot close them."""
    return Prompt(
        instructions=instructions(),
        text=prompts.data(text, _FIELDS, "ja"),
        tool="hand_in_summary",
        purpose="Hand in the title and the summary in Japanese.",
    )
