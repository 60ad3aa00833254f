"""A TLS certificate for a name of one's own."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """The name, the Route 53 zone that it is in, and the region of what presents it (CloudFront: us-east-1)."""

    domain_name: str
    hosted_zone_id: str
    region: str


class Certificate(pulumi.ComponentResource):
    """A certificate of ACM, proved and renewed by a record in the zone. `arn` is known once it has been issued."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Request the certificate, answer the question, and wait."""
        super().__init__("mandala:parts:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        requested = aws.acm.Certificate(
            name,
            domain_name=args.domain_name,
            validation_method="DNS",
            region=args.region,
            opts=child,
        )
        # One name, one question: ACM asks exactly once for a certificate without alternative names.
        question = requested.domain_validation_options[0]
        answer = aws.route53.Record(
            f"{name}-proof",
            zone_id=args.hosted_zone_id,
            name=question.resource_record_name,
            type=question.resource_record_type,
            records=[question.resource_record_value],
            ttl=300,
            allow_overwrite=True,
            opts=child,
        )
        issued = aws.acm.CertificateValidation(
            name,
            certificate_arn=requested.arn,
            validation_record_fqdns=[answer.fqdn],
            region=args.region,
            opts=child,
        )
        self.arn = issued.certificate_arn
        self.register_outputs({"arn": self.arn})
