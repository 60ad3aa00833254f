"""The VPC."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from settings.section import Section, Text


class NetworkSettings(Section):
    """The VPC (rows 1 to 9)."""

    cidr_block: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+\.\d+/(1[6-9]|2[0-4])$")]
    availability_zones: Annotated[list[Text], Field(min_length=2, max_length=3)]
    public_subnet_mask: Annotated[int, Field(ge=17, le=28)]
    private_subnet_mask: Annotated[int, Field(ge=17, le=28)]
    nat: Literal["none", "single", "one_per_az"]
