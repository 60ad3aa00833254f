"""What an operator's command cannot do, as sentences for the person at the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class OpsError(RuntimeError):
    """A command could not do what was asked; the message says where, what, why and what to do."""


class UsageError(OpsError):
    """A command was called with options that do not make sense together or name nothing."""


@contextmanager
def in_words(doing: str) -> Iterator[None]:
    """Translate what AWS's SDK raises while `doing` something into one sentence."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

    try:
        yield
    except (NoCredentialsError, ProfileNotFound) as error:
        raise OpsError(
            f"{doing}: there are no credentials of an AWS account ({error}): sign in with `aws sso login`, or set "
            "AWS_PROFILE."
        ) from error
    except ClientError as error:
        told = error.response.get("Error", {})
        raise OpsError(f"{doing}: AWS refused with {told.get('Code', 'no code')}: {told.get('Message', '')}") from error
    except BotoCoreError as error:
        raise OpsError(f"{doing}: AWS cannot be reached: {error}") from error
