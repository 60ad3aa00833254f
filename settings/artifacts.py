"""What releases are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settings.section import Days, Section


class ArtifactSettings(Section):
    """Function packages and site builds by release (row 271). A release itself never expires: it may be running."""

    infrequent_access_days: Annotated[int, Field(ge=30, description="After which a release is kept more cheaply.")]
    noncurrent_version_days: Days
    retain_bucket: bool
