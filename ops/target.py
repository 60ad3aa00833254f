"""Which system a command works on: an account of AWS, by the outputs of its stack, or the twin on this machine."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.errors import OpsError, UsageError, in_words

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:(?P<region>[a-z]{2}(-[a-z]+)+-\d):\d{12}:.+")


@dataclass(frozen=True, kw_only=True)
class Target:
    """A deployed system: the stack's outputs, and how its account is reached (credentials as boto3 finds them)."""

    name: str
    outputs: dict[str, Any]
    connection: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of_twin(cls, folder: Path) -> Target:
        """The twin whose state folder this is."""
        file = folder / "state.json"
        try:
            state = json.loads(file.read_text(encoding="utf-8"))
            connection = {"endpoint_url": state["aws_endpoint"], "region_name": state["region"]}
            outputs = state["outputs"]
        except FileNotFoundError:
            raise OpsError(f"No twin is running in {folder}: start one with `twin up`, or name its --folder.") from None
        except (KeyError, TypeError, ValueError) as error:
            raise OpsError(
                f"{file} does not describe a twin ({error!r}): remove it with `twin down --folder {folder}`."
            ) from error
        # The emulator's own key, on loopback only.
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return cls(name=f"the twin in {folder}", outputs=outputs, connection=connection | keys)

    @classmethod
    def of_outputs(cls, file: str) -> Target:
        """The stack whose outputs are in this file (`-`: standard input), as `pulumi stack output --json` prints."""
        where = "standard input" if file == "-" else file
        try:
            outputs = json.loads(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"--outputs: {file} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise UsageError(
                f"--outputs: {where} is not JSON ({error}): write it with `pulumi stack output --json`."
            ) from error
        if not isinstance(outputs, dict):
            raise UsageError(f"--outputs: {where} holds no object: write it with `pulumi stack output --json`.")
        return cls(name=f"the stack of {where}", outputs=outputs)

    @classmethod
    def of_arn(cls, output: str, arn: str) -> Target:
        """The system in which one output is this ARN."""
        return cls(name=arn, outputs={output: arn})

    def arn(self, output: str) -> str:
        """An output that is an ARN of AWS."""
        value = self.outputs.get(output)
        if value is None:
            known = ", ".join(sorted(self.outputs)) or "none"
            raise OpsError(f"{self.name} has no output {output}, it has {known}: deploy it from this version first.")
        if not isinstance(value, str) or not _ARN.fullmatch(value):
            raise UsageError(f"{output}: should be an ARN like arn:aws:states:<region>:<account>:... (got {value!r})")
        return value

    def client(self, service: str, arn: str) -> Any:
        """A client of the service in the region of the ARN."""
        import boto3
        from botocore.config import Config

        found = _ARN.fullmatch(arn)
        options: dict[str, Any] = {"region_name": found["region"] if found else None, **self.connection}
        config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 4, "mode": "standard"})
        with in_words(f"The client of {service}"):
            return boto3.session.Session().client(service, config=config, **options)
