"""The handler of each resource type."""

from __future__ import annotations

from plan.account import Registration
from twin.handlers import (
    acm,
    apigateway,
    budgets,
    cloudfront,
    cloudtrail,
    cloudwatch,
    cognito,
    data,
    ec2,
    events,
    iam,
    kms,
    lambda_,
    ledger,
    log_delivery,
    random_values,
    rds,
    s3,
    scheduler,
    secretsmanager,
    sfn,
    sns,
    sqs,
    wafv2,
)
from twin.handlers.handler import Handler, HandlerError

_MODULES = (
    acm, apigateway, budgets, cloudfront, cloudtrail, cloudwatch, cognito, data, ec2, events, iam, kms, lambda_,
    ledger, log_delivery, random_values, rds, s3, scheduler, secretsmanager, sfn, sns, sqs, wafv2,
)  # fmt: skip

HANDLERS: dict[str, Handler] = {type_: handler for module in _MODULES for type_, handler in module.HANDLERS.items()}

_FILES = {"lambda": "lambda_", "vpc": "ec2", "index": "random_values"}


def handler_for(registration: Registration) -> Handler:
    """The handler of the resource's type; HandlerError names the type, the resource and where to add it."""
    handler = HANDLERS.get(registration.type)
    if handler is None:
        module = registration.type.split(":")[1].split("/")[0]
        raise HandlerError(
            f"{registration.type} '{registration.name}' is of a type that the twin does not know: add it to "
            f"twin/handlers/{_FILES.get(module, module)}.py, or to twin/handlers/ledger.py if the emulator lacks it"
        )
    return handler
