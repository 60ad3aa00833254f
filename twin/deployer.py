"""Deploys the program to the twin: runs it in this process and creates each resource as it is registered.

`deploy()` is `pulumi up` without the engine: the recording monitor asks the account below for each resource, and the
account makes it exist in the emulator and on PostgreSQL. Resources are made in the order and in the parallelism that
the program's own dependencies allow.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from plan.account import Created, Registration
from plan.stack_file import StackFileError
from twin.default_tags import DefaultTags

if TYPE_CHECKING:
    from twin.cloud import Cloud

_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
_STAGE = "aws:apigateway/stage:Stage"
_SIGN_IN = "aws:cognito/userPoolDomain:UserPoolDomain"


class DeployError(Exception):
    """The deployment failed; one line for each resource that failed, with its name and why."""


class Progress(Protocol):
    """Hears what happens to each resource. Called from several threads, never from two at once."""

    def started(self, registration: Registration) -> None:
        """The resource is about to be created or deleted."""

    def finished(self, registration: Registration, seconds: float) -> None:
        """It exists, or is gone."""

    def failed(self, registration: Registration, error: str) -> None:
        """It could not be made or removed."""


class Silent:
    """Progress that nobody watches."""

    def started(self, registration: Registration) -> None:
        """Say nothing."""

    def finished(self, registration: Registration, seconds: float) -> None:
        """Say nothing."""

    def failed(self, registration: Registration, error: str) -> None:
        """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A resource that exists in the twin. `note` says what stands in when the emulator does not hold its type."""

    registration: Registration
    created: Created
    seconds: float
    note: str = ""

    @property
    def type(self) -> str:
        """The type token."""
        return self.registration.type

    @property
    def id(self) -> str:
        """The physical id."""
        return self.created.id

    def output(self, key: str) -> Any:
        """An output, or the input of that name which is echoed; KeyError when there is neither."""
        return self.created.outputs[key] if key in self.created.outputs else self.registration.inputs[key]


@dataclass(frozen=True, kw_only=True)
class AddressBook:
    """The AWS names that a browser would use, for the edge to translate; empty where the program declares none.

    The emulator serves the distribution to requests whose Host is `distribution_domain`, the API under
    `/_aws/execute-api/{api_id}/{api_stage}/`, and the sign-in pages of the pool by its client id or Host.
    """

    region: str
    distribution_domain: str = ""
    api_id: str = ""
    api_stage: str = ""
    sign_in_prefix: str = ""
    user_pool_id: str = ""

    @property
    def api_domain(self) -> str:
        """The API's host name on AWS."""
        return f"{self.api_id}.execute-api.{self.region}.amazonaws.com"

    @property
    def sign_in_domain(self) -> str:
        """The host name of the sign-in pages on AWS."""
        return f"{self.sign_in_prefix}.auth.{self.region}.amazoncognito.com"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What was deployed, in the order of creation. `secrets` are the names of the outputs that are secret."""

    outputs: dict[str, Any]
    secrets: frozenset[str]
    resources: tuple[Deployed, ...]
    address_book: AddressBook

    def of_type(self, type_: str) -> list[Deployed]:
        """The resources of one type."""
        return [resource for resource in self.resources if resource.type == type_]


def deploy(stack_file: Path, cloud: Cloud, secrets: dict[str, str], progress: Progress | None = None) -> Deployment:
    """Make everything that the program declares for this stack file exist.

    `secrets` gives the stack's secret settings by name (`slack_webhook_url`). Raises `DeployError` with every
    failure; resources not yet begun when one fails are not begun any more, and what was made stays.
    """
    cloud.warm_up()
    from plan.record import RecordError, record

    account = TwinAccount(cloud, progress or Silent())
    try:
        graph = record(stack_file, account=account, secrets=secrets)
    except (RecordError, StackFileError) as error:
        raise DeployError("\n".join(account.failures) or str(error)) from error
    resources = tuple(account.deployed)
    return Deployment(
        outputs=graph.exports,
        secrets=graph.export_secrets,
        resources=resources,
        address_book=address_book(resources, cloud.region),
    )


def destroy(deployment: Deployment, cloud: Cloud, progress: Progress | None = None) -> None:
    """Delete the resources, last made first. All are tried; `DeployError` lists those that stayed."""
    from twin.handlers.handler import Order
    from twin.handlers.registry import handler_for

    watcher, failures = progress or Silent(), []
    for resource in reversed(deployment.resources):
        registration = resource.registration
        watcher.started(registration)
        begun = time.monotonic()
        try:
            handler_for(registration).delete(Order(registration=registration, cloud=cloud), resource.created)
        except Exception as error:  # noqa: BLE001 - every resource gets its turn, all failures are reported
            failures.append(_sentence(registration, error))
            watcher.failed(registration, str(error))
        else:
            watcher.finished(registration, time.monotonic() - begun)
    if failures:
        raise DeployError("\n".join(failures))


@dataclass
class TwinAccount:
    """Answers the program's registrations by making the resources exist."""

    cloud: Cloud
    progress: Progress
    deployed: list[Deployed] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    default_tags: DefaultTags = field(default_factory=DefaultTags)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, registration: Registration) -> Created:
        """Make one resource, unless another has failed."""
        from twin.handlers import ledger
        from twin.handlers.handler import Order
        from twin.handlers.registry import handler_for

        with self._lock:
            if self.failures:
                raise DeployError("not begun, since another resource failed")
            self.progress.started(registration)
        begun = time.monotonic()
        try:
            self.default_tags.note(registration)
            merged = self.default_tags.merged(registration)
            created = handler_for(merged).create(Order(registration=merged, cloud=self.cloud))
            created = self.default_tags.answered(registration, merged, created)
        except Exception as error:
            with self._lock:
                self.failures.append(_sentence(registration, error))
                self.progress.failed(registration, str(error))
            raise
        seconds = time.monotonic() - begun
        made = Deployed(
            registration=registration, created=created, seconds=seconds, note=ledger.reason(registration.type)
        )
        with self._lock:
            self.deployed.append(made)
            self.progress.finished(registration, seconds)
        return created

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """Answer the provider functions that ask who and where one is."""
        account = self.cloud.account_id
        if token == "aws:index/getCallerIdentity:getCallerIdentity":  # noqa: S105 - a function's name
            return {"accountId": account, "arn": f"arn:aws:iam::{account}:root", "userId": account, "id": account}
        if token == "aws:index/getRegion:getRegion":  # noqa: S105
            region = args.get("region") or self.cloud.region
            return {"region": region, "name": region, "id": region, "endpoint": f"ec2.{region}.amazonaws.com"}
        if token == "aws:index/getPartition:getPartition":  # noqa: S105
            return {"partition": "aws", "dnsSuffix": "amazonaws.com", "id": "aws", "reverseDnsPrefix": "com.amazonaws"}
        raise LookupError(f"provider function {token} has no answer on the twin: add it to twin/deployer.py")


def address_book(resources: Iterable[Deployed], region: str) -> AddressBook:
    """Where a browser finds the site, the API and the sign-in pages."""
    found: dict[str, Deployed] = {}
    for resource in resources:
        if resource.type not in {_DISTRIBUTION, _STAGE, _SIGN_IN}:
            continue
        if resource.type in found:
            names = f"'{found[resource.type].registration.name}' and '{resource.registration.name}'"
            raise DeployError(f"the edge has one address for each of its doors, and {names} are both a {resource.type}")
        found[resource.type] = resource
    site, stage, sign_in = found.get(_DISTRIBUTION), found.get(_STAGE), found.get(_SIGN_IN)
    return AddressBook(
        region=region,
        distribution_domain=site.output("domainName") if site else "",
        api_id=stage.output("restApi") if stage else "",
        api_stage=stage.output("stageName") if stage else "",
        sign_in_prefix=sign_in.output("domain") if sign_in else "",
        user_pool_id=sign_in.output("userPoolId") if sign_in else "",
    )


def _sentence(registration: Registration, error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return (
        text
        if registration.name in text and registration.type in text
        else f"{registration.type} '{registration.name}': {text}"
    )
