"""The whole program, for every stack file: what must hold whatever the settings say."""

from __future__ import annotations

import ast
import json
import random
import re
import warnings
from pathlib import Path

import jsonschema
import pytest
import yaml

import config
from plan.graph import Graph
from plan.monitor import STACK_TYPE
from plan.record import record
from plan.values import SECRET_TEXT, dumps
from tests.conftest import ROOT, STACK_FILES, Stacks, stack_path
from tests.harness import texts

PROVIDER_TYPE = "pulumi:providers:aws"
# Longest physical name that AWS takes, by type and property (AWS service documentation).
NAME_LIMITS = {
    ("aws:lambda/function:Function", "name"): 64,
    ("aws:scheduler/schedule:Schedule", "name"): 64,
    ("aws:iam/role:Role", "name"): 64,
    ("aws:s3/bucket:Bucket", "bucket"): 63,
    ("aws:rds/cluster:Cluster", "clusterIdentifier"): 63,
    ("aws:rds/clusterInstance:ClusterInstance", "identifier"): 63,
    ("aws:rds/subnetGroup:SubnetGroup", "name"): 255,
    ("aws:rds/clusterParameterGroup:ClusterParameterGroup", "name"): 255,
    ("aws:sqs/queue:Queue", "name"): 80,
    ("aws:sfn/stateMachine:StateMachine", "name"): 80,
    ("aws:sns/topic:Topic", "name"): 256,
    ("aws:cloudwatch/logGroup:LogGroup", "name"): 512,
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "name"): 255,
    ("aws:cloudwatch/dashboard:Dashboard", "dashboardName"): 255,
    ("aws:kms/alias:Alias", "name"): 256,
    ("aws:secretsmanager/secret:Secret", "name"): 512,
    ("aws:cognito/userPool:UserPool", "name"): 128,
    ("aws:cognito/userPoolDomain:UserPoolDomain", "domain"): 63,
    ("aws:ec2/securityGroup:SecurityGroup", "name"): 255,
    ("aws:cloudfront/cachePolicy:CachePolicy", "name"): 128,
    ("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy", "name"): 128,
    ("aws:cloudfront/originAccessControl:OriginAccessControl", "name"): 64,
    ("aws:cloudtrail/trail:Trail", "name"): 128,
    ("aws:cloudwatch/logDeliverySource:LogDeliverySource", "name"): 60,
    ("aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination", "name"): 60,
    ("aws:lambda/layerVersion:LayerVersion", "layerName"): 140,
    ("aws:apigateway/restApi:RestApi", "name"): 1024,
}
TAGS = {"Project", "Environment", "CostCenter", "Owner", "DataClassification", "ManagedBy"}


def test_the_identity_of_every_resource_is_the_reviewed_one(
    stack_name: str, graph: Graph, pytestconfig: pytest.Config
) -> None:
    golden = ROOT / "tests" / "golden" / f"{stack_name}.txt"
    urns = "".join(f"{resource.urn}\n" for resource in graph.resources)
    if pytestconfig.getoption("--update-golden"):
        golden.write_text(urns, encoding="utf-8")
    assert golden.exists(), f"{golden.name} is missing: write it with 'pytest tests/test_main.py --update-golden'"
    known, found = golden.read_text(encoding="utf-8").splitlines(), urns.splitlines()
    gone, new = sorted(set(known) - set(found)), sorted(set(found) - set(known))
    assert found == known, (
        f"stack {stack_name}: {gone} would be deleted and {new} created. A renamed resource is replaced: give it an "
        "alias, then review the result of 'pytest tests/test_main.py --update-golden'"
    )


def test_nothing_but_components_hangs_from_the_stack(graph: Graph) -> None:
    urns = {resource.urn for resource in graph.resources}
    for resource in graph.resources:
        if f"::{STACK_TYPE}::" in resource.registration.parent:
            assert resource.type.startswith("mandala:") or resource.type == PROVIDER_TYPE, resource.urn
        else:
            assert resource.registration.parent in urns, f"{resource.urn} hangs from nothing"


@pytest.mark.requirement(266)
def test_the_stack_is_made_of_the_six_components_and_their_neighbours(graph: Graph) -> None:
    found = {r.type.rsplit(":", 1)[-1] for r in graph.resources if r.type.startswith("mandala:components:")}
    assert found == {"Network", "Database", "ApiLayer", "Workflow", "Frontend", "Observability", "Encryption"}


@pytest.mark.requirement(136)
@pytest.mark.parametrize(
    "stack",
    ["prod", "contrary", *(pytest.param(name, marks=pytest.mark.prove) for name in ("staging", "dev", "local"))],
)
def test_preview_registers_the_same_resources_as_an_update(stack: str, stacks: Stacks) -> None:
    preview = record(stack_path(stack), preview=True)
    assert [r.urn for r in preview.resources] == [r.urn for r in stacks(stack).resources]


def test_one_explicit_provider_makes_every_aws_resource(graph: Graph) -> None:
    providers = graph.of_type(PROVIDER_TYPE)
    assert [provider.name for provider in providers] == ["aws"]
    used = f"{providers[0].urn}::{providers[0].id}"
    for resource in graph.resources:
        if resource.type.startswith("aws:"):
            assert resource.registration.provider == used, f"{resource.urn} falls back to a default provider"


@pytest.mark.parametrize(
    ("name", "region"), [("prod", "ap-northeast-1"), ("dev", "ap-northeast-1"), ("contrary", "us-east-1")]
)
@pytest.mark.requirement(13)
def test_the_provider_works_in_the_region_of_the_stack_file(name: str, region: str, stacks: Stacks) -> None:
    assert stacks(name).named(PROVIDER_TYPE, "aws").inputs["region"] == region


@pytest.mark.requirement(245)
def test_the_provider_alone_tags_everything(graph: Graph) -> None:
    tags = json.loads(graph.named(PROVIDER_TYPE, "aws").inputs["defaultTags"])["tags"]
    assert set(tags) == TAGS
    assert all(tags.values())
    for resource in graph.resources:
        own = set(resource.inputs.get("tags") or {})
        assert own <= {"Name", "SubnetType"}, f"{resource.urn} has tags of its own: {own}"
        assert not own or "awsx:ec2:Vpc" in resource.urn, f"{resource.urn} has tags of its own: {own}"


@pytest.mark.requirement(245)
def test_production_is_tagged_as_what_it_is(prod: Graph) -> None:
    assert json.loads(prod.named(PROVIDER_TYPE, "aws").inputs["defaultTags"])["tags"] == {
        "Project": "goal-mandala",
        "Environment": "production",
        "CostCenter": "goal-mandala",
        "Owner": "platform",
        "DataClassification": "confidential",
        "ManagedBy": "pulumi",
    }


def test_every_name_fits_the_limit_of_its_kind(graph: Graph) -> None:
    checked = 0
    for resource in graph.resources:
        for (type_, key), limit in NAME_LIMITS.items():
            if resource.type == type_ and key in resource.inputs:
                name = resource.inputs[key]
                assert len(name) <= limit, f"{type_} '{name}' has {len(name)} characters of {limit}"
                checked += 1
    assert checked > 50


@pytest.mark.requirement(14)
def test_every_physical_name_starts_with_the_prefix(stack_name: str, graph: Graph) -> None:
    prefix = yaml.safe_load(_file(stack_name).read_text())["config"]["goal-mandala:stack"]["name_prefix"]
    leading = (
        "/aws/rds/cluster/",
        "/aws/rds/proxy/",
        "/aws/vpc/flow-logs/",
        "/aws/events/",
        "/aws/lambda/",
        "/aws/apigateway/",
        "/aws/cloudtrail/",
        "/aws/vendedlogs/states/",
        "alias/",
        "/aws/vendedlogs/cognito/",
        "aws-waf-logs-",
        "/",
    )
    for resource in graph.resources:
        for type_, key in NAME_LIMITS:
            if resource.type == type_ and key in resource.inputs:
                name = resource.inputs[key]
                for lead in leading:
                    name = name.removeprefix(lead)
                assert name.startswith(prefix), f"{resource.urn} is called {resource.inputs[key]}"


@pytest.fixture(scope="module")
def with_known_secrets() -> Graph:
    return record("prod", secrets={"slack_webhook_url": "https://hooks.example.com/only-slack-may-know"})


@pytest.mark.requirement(44)
def test_secrets_are_seen_nowhere(with_known_secrets: Graph) -> None:
    passwords = [
        r.outputs["result"]
        for r in with_known_secrets.resources
        if r.type == "random:index/randomPassword:RandomPassword"
    ]
    assert len(passwords) == 2
    hidden = ["https://hooks.example.com/only-slack-may-know", *passwords]
    printed = json.dumps(with_known_secrets.as_json())
    exported = dumps(with_known_secrets.exports)
    for secret in hidden:
        held = [r for r in with_known_secrets.resources if any(secret in text for text in texts(r.inputs))]
        assert held, "the secret is used by nothing, so this test would see nothing"
        assert secret not in printed
        assert secret not in exported
    assert printed.count(SECRET_TEXT) >= 4


def test_every_secret_version_is_marked_secret(graph: Graph) -> None:
    versions = graph.of_type("aws:secretsmanager/secretVersion:SecretVersion")
    assert len(versions) == 4
    for version in versions:
        assert version.masked_inputs()["secretString"] == SECRET_TEXT
    assert "masterPassword" in graph.of_type("aws:rds/cluster:Cluster")[0].registration.secrets


@pytest.mark.requirement(41)
def test_functions_get_arns_of_secrets_and_never_secrets(graph: Graph) -> None:
    for function in graph.of_type("aws:lambda/function:Function"):
        assert not function.registration.secrets, function.urn
        for key, value in function.inputs["environment"]["variables"].items():
            if "SECRET" in key:
                assert value.startswith("arn:aws:secretsmanager:"), f"{function.name}: {key}"


@pytest.mark.requirement(27, 77, 84)
def test_the_exports_are_what_operators_need(graph: Graph) -> None:
    recorded = {"audit_bucket"} if graph.of_type("aws:cloudtrail/trail:Trail") else set()
    outside = {"external_api_secret_arn", "github_token_secret_arn", "openai_secret_arn"}  # entries of the stack file
    monitoring = {
        "monitoring_state_machine_arn",
        "monitoring_state_machine_name",
        "activities_queue_url",
        "activities_dead_letter_queue_url",
    }
    has_monitoring = len(graph.of_type("aws:sfn/stateMachine:StateMachine")) == 2
    assert set(graph.exports) - outside == recorded | (monitoring if has_monitoring else set()) | {
        "archive_bucket",
        "jwt_secret_arn",
        "alerts_topic_arn",
        "pages_topic_arn",
        "database_endpoint",
        "database_reader_endpoint",
        "database_secret_arn",
        "database_administrator_secret_arn",
        "state_machine_arn",
        "state_machine_name",
        "site_url",
        "log_bucket",
        "notification_queue_url",
        "notification_dead_letter_queue_url",
        "artifact_bucket",
        "site_bucket",
        "distribution_id",
        "api_id",
        "api_url",
        "user_pool_id",
        "client_id",
        "sign_in_url",
    }
    assert all(isinstance(value, str) and value for value in graph.exports.values())


def test_the_program_evaluated_twice_is_byte_identical_and_uses_nothing_deprecated() -> None:
    first = record("local")  # imports the SDK, which warns of classes of its own
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        again = record("local")
    assert differences(again, first) == []
    assert [str(warning.message) for warning in caught if warning.category is DeprecationWarning] == []


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.prove) for seed in range(3, 20))])
def test_any_order_of_registration_gives_the_same_graph(seed: int, local: Graph) -> None:
    order = random.Random(seed)
    assert differences(record("local", delay=lambda: order.uniform(0, 0.001)), local) == []


@pytest.mark.parametrize("pattern", ["twin", "ministack", "localhost", r"127\.0\.0\.1", "boto3"])
def test_the_program_does_not_know_where_it_runs(pattern: str) -> None:
    files = [ROOT / "__main__.py", ROOT / "config.py", *(ROOT / "settings").rglob("*.py")]
    files += (ROOT / "components").rglob("*.py")
    assert len(files) > 20
    for file in files:
        found = re.search(pattern, file.read_text(encoding="utf-8"), re.IGNORECASE)
        assert not found, f"{file.relative_to(ROOT)} mentions {pattern}"


def test_the_composition_reads_like_a_diagram() -> None:
    source = (ROOT / "__main__.py").read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 120
    assert not [n for n in ast.walk(ast.parse(source)) if isinstance(n, (ast.If, ast.FunctionDef, ast.ClassDef))]


@pytest.mark.parametrize("path", sorted(ROOT.glob("Pulumi.*.yaml")), ids=lambda path: path.name)
def test_every_stack_file_of_the_project_is_recorded_by_these_tests(path: Path) -> None:
    assert path.name.split(".")[1] in STACK_FILES


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = json.loads((ROOT / "Pulumi.schema.json").read_text(encoding="utf-8"))
    assert committed == config.schema(), "run 'python config.py > Pulumi.schema.json'"


def test_every_stack_file_fits_the_schema(stack_name: str) -> None:
    jsonschema.Draft202012Validator(config.schema()).validate(yaml.safe_load(_file(stack_name).read_text()))


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("network", "nat", "singel"), ("api", "stage_nmae", "v1"), ("database", "slow_query_ms", "7")],
)
def test_the_schema_refuses_what_loading_would_refuse(section: str, key: str, value: str) -> None:
    document = yaml.safe_load(_file("dev").read_text())
    document["config"][f"goal-mandala:{section}"][key] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(config.schema()).validate(document)


def differences(one: Graph, other: Graph) -> list[str]:
    """The resources and exports that are not the same to the byte, each as its text in both."""
    left, right = ({r.urn: dumps(r.as_json()) for r in graph.resources} for graph in (one, other))
    left |= {f"export {key}": dumps(value) for key, value in one.exports.items()}
    right |= {f"export {key}": dumps(value) for key, value in other.exports.items()}
    assert len(left) > 300, "there is nothing to compare"
    return [
        f"{key}: {left.get(key)} is not {right.get(key)}"
        for key in sorted(left.keys() | right.keys())
        if left.get(key) != right.get(key)
    ]


def _file(stack: str) -> Path:
    path = Path(stack_path(stack))
    return path if path.suffix else ROOT / f"Pulumi.{path}.yaml"
