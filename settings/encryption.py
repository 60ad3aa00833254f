"""The customer-managed keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settings.section import Section


class EncryptionSettings(Section):
    """The customer-managed keys (rows 39, 110, 185, 204)."""

    deletion_window_days: Annotated[int, Field(ge=7, le=30)]
    protect: bool
