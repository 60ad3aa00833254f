"""The secrets that are not the database's."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from settings.section import LogRetentionDays, Section, Text


class SecretsManagerEntry(Section):
    """A secret in Secrets Manager, made by the stack without a value: the operator puts it in."""

    store: Literal["secrets_manager"]
    description: Text


class ParameterStoreEntry(Section):
    """An SSM SecureString that the operator writes, encrypted with the stack's key for secrets (row 42)."""

    store: Literal["parameter_store"]
    parameter: Annotated[str, Field(pattern=r"^/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", max_length=1000)]


Entry = Annotated[SecretsManagerEntry | ParameterStoreEntry, Field(discriminator="store")]


class WatchSettings(Section):
    """Who reads secrets, and which rotations fail, kept as a log of their own (row 40)."""

    log_retention_days: LogRetentionDays


class SecretsSettings(Section):
    """The signing secret, the keys of other people's services and the watch over all secrets (rows 35 to 42, C8)."""

    external: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")], Entry],
        Field(description="Credentials of services outside, by name, each with the store that holds it."),
    ]
    watch: Annotated[WatchSettings | None, Field(description="Needs an audit trail in the region; null is off.")]
