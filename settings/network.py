"""The VPC."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.section import LogRetentionDays, Section, Text

GATEWAY_ENDPOINTS = ("s3", "dynamodb")
Endpoint = Literal[
    "s3", "dynamodb", "bedrock-runtime", "cognito-idp", "events", "kms", "lambda", "logs", "monitoring",
    "secretsmanager", "sns", "sqs", "ssm", "states", "sts", "xray",
]  # fmt: skip


class FlowLogSettings(Section):
    """Which traffic is recorded, how often it is written and how long it is kept (row 12)."""

    traffic: Literal["all", "accept", "reject"]
    aggregation_seconds: Literal[60, 600]
    retention_days: LogRetentionDays


class NetworkAclSettings(Section):
    """Network ACLs (row 11): TCP to the VPC itself, and to anywhere outside on these ports alone."""

    ports_out: Annotated[list[Annotated[int, Field(ge=1, le=65535)]], Field(min_length=1, max_length=10)]


class NetworkSettings(Section):
    """The VPC (rows 1 to 12, C13)."""

    cidr_block: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+\.\d+/(1[6-9]|2[0-4])$")]
    availability_zones: Annotated[list[Text], Field(min_length=2, max_length=3)]
    public_subnet_mask: Annotated[int, Field(ge=17, le=28)]
    private_subnet_mask: Annotated[int, Field(ge=17, le=28)]
    nat: Literal["none", "single", "one_per_az"]
    endpoints: Annotated[
        list[Endpoint],
        Field(
            description="AWS services that are reached inside the VPC. Interface endpoints cost by the hour and zone."
        ),
    ]
    network_acls: Annotated[
        NetworkAclSettings | None, Field(description="Stateless rules around the subnets, beside the security groups.")
    ]
    flow_logs: FlowLogSettings | None

    @model_validator(mode="after")
    def _endpoints_once(self) -> NetworkSettings:
        twice = sorted({name for name in self.endpoints if self.endpoints.count(name) > 1})
        if twice:
            raise ValueError(f"endpoints {twice} are named twice: a service has one endpoint in a VPC")
        return self

    @model_validator(mode="after")
    def _secrets_in_reach(self) -> NetworkSettings:
        if self.nat == "none" and "secretsmanager" not in self.endpoints:
            raise ValueError(
                "nat is 'none' and endpoints lacks 'secretsmanager', so that functions could read no secret: add the "
                "endpoint, or choose nat 'single'"
            )
        return self
