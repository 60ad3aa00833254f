"""The state machine of the task generation, as the API starts and stops it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lambdas.shared import aws
from lambdas.shared.errors import Problem
from lambdas.shared.logging import logger


def start(state_machine_arn: str, name: str, payload: Mapping[str, object]) -> str:
    """Start the execution `name` and answer its ARN. Starting one twice is starting it once."""
    from botocore.exceptions import BotoCoreError, ClientError

    client = aws.client("stepfunctions")
    try:
        answer = client.start_execution(stateMachineArn=state_machine_arn, name=name, input=json.dumps(payload))
    except client.exceptions.ExecutionAlreadyExists:
        return arn(state_machine_arn, name)
    except (BotoCoreError, ClientError) as error:
        logger.exception("The execution could not be started.", execution=name)
        detail = "The task generation could not be started; nothing was changed, try again."
        raise Problem(503, detail, headers={"Retry-After": "5"}) from error
    return str(answer["executionArn"])


def arn(state_machine_arn: str, name: str) -> str:
    """What Step Functions calls the execution `name` of a state machine."""
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def stop(execution_arn: str, cause: str) -> None:
    """Stop an execution. One that cannot be stopped ends by itself, since nothing is saved for it any more."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        aws.client("stepfunctions").stop_execution(executionArn=execution_arn, error="Cancelled", cause=cause)
    except (BotoCoreError, ClientError):
        logger.warning("The execution could not be stopped.", execution_arn=execution_arn, exc_info=True)
