"""What the stack is called and which release it runs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settings.section import Section, Text


class Tags(Section):
    """The tags that everything carries, beside Project and ManagedBy (row 245)."""

    environment: Text
    cost_center: Text
    owner: Text
    data_classification: Text


def tag_names(tags: Tags) -> dict[str, str]:
    """The tags under the names that AWS shows (`CostCenter`)."""
    return {"".join(part.title() for part in key.split("_")): value for key, value in tags.model_dump().items()}


class StackSettings(Section):
    """What the stack is called and which release it runs."""

    name_prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}[a-z0-9]$")]
    name_overrides: dict[str, Text]
    stage: Text
    release: Text
    tags: Tags
