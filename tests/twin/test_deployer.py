"""The whole program, deployed to the emulated account and taken away again."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi_aws
import pytest

from plan.account import Created, Registration
from plan.stack_file import ROOT
from twin.cloud import Cloud
from twin.default_tags import DefaultTags
from twin.deployer import Deployed, DeployError, Deployment, Silent, TwinAccount, address_book, deploy, destroy

LOCAL = ROOT / "Pulumi.local.yaml"
SECRETS = {"slack_webhook_url": "http://127.0.0.1:9/services/T000/B000/local"}
QUEUE = "aws:sqs/queue:Queue"


@dataclass
class Watcher:
    """Writes down what it hears."""

    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def started(self, registration: Registration) -> None:
        self.begun.append(registration.urn)

    def finished(self, registration: Registration, seconds: float) -> None:
        assert seconds >= 0
        self.ended.append(registration.urn)

    def failed(self, registration: Registration, error: str) -> None:
        self.errors[registration.urn] = error


def registration(type_: str = QUEUE, name: str = "jobs", **inputs: Any) -> Registration:
    urn = f"urn:pulumi:test::goal-mandala::{type_}::{name}"
    return Registration(urn=urn, type=type_, name=name, parent="", custom=True, inputs=inputs)


def deployed(type_: str, name: str, **outputs: Any) -> Deployed:
    return Deployed(registration=registration(type_, name), created=Created(id=name, outputs=outputs), seconds=0)


@pytest.fixture(scope="module")
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture(scope="module")
def deployment(cloud: Cloud, watcher: Watcher) -> Iterator[Deployment]:
    deployment = deploy(LOCAL, cloud, SECRETS, watcher)
    yield deployment
    destroy(deployment, cloud)


def test_every_resource_is_reported_as_begun_and_as_made(deployment: Deployment, watcher: Watcher) -> None:
    made = [resource.registration.urn for resource in deployment.resources]
    assert len(made) > 250
    assert (sorted(watcher.begun), watcher.ended, watcher.errors) == (sorted(made), made, {})


def test_the_outputs_are_addresses_as_aws_writes_them(deployment: Deployment) -> None:
    outputs, book = deployment.outputs, deployment.address_book
    assert outputs["api_url"] == f"https://{book.api_domain}/{book.api_stage}"
    assert outputs["site_url"] == f"https://{book.distribution_domain}"
    assert outputs["sign_in_url"] == f"https://{book.sign_in_domain}"
    assert outputs["user_pool_id"] == book.user_pool_id


def test_the_site_reads_its_configuration_through_the_distribution(deployment: Deployment, cloud: Cloud) -> None:
    request = urllib.request.Request(
        f"{cloud.endpoint}/config.json",
        headers={"Host": deployment.address_book.distribution_domain, "X-Forwarded-Proto": "https"},
    )
    with urllib.request.urlopen(request) as response:
        assert json.loads(response.read())["apiUrl"] == deployment.outputs["api_url"]


def test_the_database_secret_leads_to_the_real_server(deployment: Deployment, cloud: Cloud) -> None:
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=deployment.outputs["database_secret_arn"])
    value = json.loads(secret["SecretString"])
    assert (value["host"], value["port"]) == (cloud.database_host, cloud.database_port)


def test_a_deployed_function_finds_its_libraries_in_the_layer(deployment: Deployment, cloud: Cloud) -> None:
    names = [item["FunctionName"] for item in cloud.client("lambda").list_functions()["Functions"]]
    (batches,) = [name for name in names if name.endswith("create-batches")]
    payload = json.dumps({"actionIds": [f"00000000-0000-4000-8000-{n:012d}" for n in range(9)]})
    answer = cloud.client("lambda").invoke(FunctionName=batches, Qualifier="live", Payload=payload)
    sizes = [len(batch["actionIds"]) for batch in json.loads(answer["Payload"].read())["batches"]]
    assert sizes == [8, 1]


def test_resources_carry_the_providers_default_tags(deployment: Deployment, cloud: Cloud) -> None:
    arn = deployment.outputs["state_machine_arn"]
    tags = cloud.client("stepfunctions").list_tags_for_resource(resourceArn=arn)["tags"]
    assert {"key": "Project", "value": "goal-mandala"} in tags


def test_destroying_leaves_nothing_and_frees_the_names(cloud: Cloud, deployment: Deployment, watcher: Watcher) -> None:
    gone = Watcher()
    destroy(deployment, cloud, gone)
    assert gone.ended == [resource.registration.urn for resource in reversed(deployment.resources)]
    assert cloud.client("lambda").list_functions()["Functions"] == []
    assert cloud.client("s3").list_buckets()["Buckets"] == []
    assert cloud.client("rds").describe_db_clusters()["DBClusters"] == []
    again = deploy(LOCAL, cloud, SECRETS)
    assert len(again.resources) == len(deployment.resources)
    destroy(again, cloud)


def test_a_failure_names_the_resource_and_begins_no_other(cloud: Cloud) -> None:
    account = TwinAccount(cloud, watcher := Watcher())
    with pytest.raises(ValueError, match="invalid literal"):
        account.create(registration("random:index/randomBytes:RandomBytes", "key", length="many"))
    with pytest.raises(DeployError, match="not begun"):
        account.create(registration())
    (failure,) = account.failures
    assert failure.startswith("random:index/randomBytes:RandomBytes 'key': invalid literal")
    assert (len(watcher.begun), len(watcher.errors)) == (1, 1)


def test_a_failed_deployment_reports_the_failures_and_nothing_else(cloud: Cloud) -> None:
    closed = replace(cloud, database_port=1, _clients={}, _session=None)
    with pytest.raises(DeployError) as caught:
        deploy(LOCAL, closed, SECRETS)
    (line,) = str(caught.value).splitlines()
    assert line.startswith("aws:rds/cluster:Cluster 'database-cluster': connection to server")


def test_a_missing_stack_file_is_a_sentence(cloud: Cloud) -> None:
    with pytest.raises(DeployError, match=r"nowhere\.yaml: no such stack file"):
        deploy(ROOT / "nowhere.yaml", cloud, {})


def test_two_distributions_are_more_than_the_edge_has_doors() -> None:
    type_ = "aws:cloudfront/distribution:Distribution"
    both = [deployed(type_, "one", domainName="a"), deployed(type_, "two", domainName="b")]
    with pytest.raises(DeployError, match="'one' and 'two'"):
        address_book(both, "ap-northeast-1")


def test_a_program_without_doors_has_an_empty_address_book() -> None:
    assert address_book([deployed(QUEUE, "jobs")], "ap-northeast-1").distribution_domain == ""


def test_a_resources_own_tags_win_over_the_providers() -> None:
    tags = DefaultTags()
    provider = registration("pulumi:providers:aws", "aws", defaultTags='{"tags": {"Owner": "platform", "Stage": "a"}}')
    tags.note(provider)
    assert pulumi_aws.__name__  # the SDK says which types take tags
    own = replace(registration(tags={"Owner": "me"}), provider=f"{provider.urn}::some-id")
    assert tags.merged(own).inputs["tags"] == {"Owner": "me", "Stage": "a"}


def test_an_unknown_provider_function_says_where_to_add_it(cloud: Cloud) -> None:
    with pytest.raises(LookupError, match=r"getAmi has no answer on the twin: add it to twin/deployer\.py"):
        TwinAccount(cloud, Silent()).invoke("aws:ec2/getAmi:getAmi", {})
