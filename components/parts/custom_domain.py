"""A name of one's own for the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from settings.api import Domain


@dataclass(frozen=True, kw_only=True)
class CustomDomainArgs:
    """Which stage of which API the name stands for."""

    settings: Domain
    api_id: pulumi.Input[str]
    stage_name: pulumi.Input[str]


class CustomDomain(pulumi.ComponentResource):
    """A regional domain name of API Gateway, TLS 1.2 at least, and its entry in Route 53 where the zone is named.

    The certificate is not made here: who owns the name proves it, once, in ACM.
    """

    url: pulumi.Output[str]
    target_name: pulumi.Output[str]

    def __init__(self, name: str, args: CustomDomainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the name, and map it to the stage."""
        super().__init__("mandala:parts:CustomDomain", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        domain = aws.apigateway.DomainName(
            name,
            domain_name=args.settings.name,
            regional_certificate_arn=args.settings.certificate_arn,
            endpoint_configuration={"types": "REGIONAL"},
            security_policy="TLS_1_2",
            opts=child,
        )
        mapping = aws.apigateway.BasePathMapping(
            name,
            domain_name=domain.domain_name,
            rest_api=args.api_id,
            stage_name=args.stage_name,
            opts=child,
        )
        if args.settings.hosted_zone_id:
            target: Any = {
                "name": domain.regional_domain_name,
                "zone_id": domain.regional_zone_id,
                "evaluate_target_health": False,
            }
            aws.route53.Record(
                name,
                zone_id=args.settings.hosted_zone_id,
                name=args.settings.name,
                type="A",
                aliases=[target],
                opts=child,
            )
        # Whoever calls the URL needs the mapping, not the name alone.
        self.url = pulumi.Output.concat("https://", mapping.domain_name)
        self.target_name = domain.regional_domain_name
        self.register_outputs({"url": self.url, "target_name": self.target_name})
