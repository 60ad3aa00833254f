"""The person's sign-in in the Cognito user pool."""

from __future__ import annotations

from lambdas.shared import aws
from lambdas.shared.errors import Problem
from lambdas.shared.logging import logger


def delete(user_pool_id: str, username: str) -> None:
    """Delete the sign-in; deleting it twice is deleting it once. A 503 problem when the user pool refuses."""
    from botocore.exceptions import BotoCoreError, ClientError

    client = aws.client("cognito-idp")
    try:
        client.admin_delete_user(UserPoolId=user_pool_id, Username=username)
    except client.exceptions.UserNotFoundException:
        return
    except (BotoCoreError, ClientError) as error:
        logger.exception("The sign-in could not be deleted.")
        detail = "Everything you wrote is erased; your sign-in could not be deleted yet, try again."
        raise Problem(503, detail, headers={"Retry-After": "5"}) from error
