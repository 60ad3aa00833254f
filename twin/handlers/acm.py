"""Certificates: issued at once, with the question that a zone would answer."""

from __future__ import annotations

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import remove


class Certificate(Handler):
    """A requested certificate; the emulator issues it without looking at the zone."""

    def create(self, order: Order) -> Created:
        """Request it and read what ACM asks."""
        client = order.client("acm")
        arn = order.call("acm", "request_certificate", order.declared())["CertificateArn"]
        found = client.describe_certificate(CertificateArn=arn)["Certificate"]
        questions = [
            {
                "domainName": option["DomainName"],
                "resourceRecordName": option["ResourceRecord"]["Name"],
                "resourceRecordType": option["ResourceRecord"]["Type"],
                "resourceRecordValue": option["ResourceRecord"]["Value"],
            }
            for option in found["DomainValidationOptions"]
        ]
        outputs = {"arn": arn, "status": found["Status"], "domainValidationOptions": questions}
        return Created(id=arn, outputs=outputs)

    def delete(self, order: Order, existing: Created) -> None:
        """Remove it."""
        remove(order, "acm", "delete_certificate", CertificateArn=existing.id)


HANDLERS: dict[str, Handler] = {"aws:acm/certificate:Certificate": Certificate()}
