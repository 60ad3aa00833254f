"""The secrets that are not the database's: what is drawn, what waits for an operator, who may read, who did."""

from __future__ import annotations

import json

import pytest

from components.parts.application_secrets import ApplicationSecrets, ApplicationSecretsArgs
from components.parts.function import Function, FunctionArgs
from components.parts.grant import Grant
from plan.graph import Graph
from plan.values import SECRET_TEXT
from settings.secrets import SecretsSettings
from tests.components.data import secrets
from tests.components.parts.test_function import platform
from tests.harness import KEYS, STACK, build, only, statements

SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
BYTES = "random:index/randomBytes:RandomBytes"
RULE = "aws:cloudwatch/eventRule:EventRule"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
OPENAI = {"store": "parameter_store", "parameter": "/chase/openai"}
MAIL = {"store": "secrets_manager", "description": "Keys of the mail service"}


def reader(settings: dict[str, object], entry: str) -> Graph:
    """A function that reads one entry."""

    def construct() -> None:
        args = ApplicationSecretsArgs(settings=SecretsSettings.model_validate(settings), stack=STACK, keys=KEYS)
        grant: Grant = ApplicationSecrets("secrets", args).reads(entry, "KEY_ARN")
        Function("health", FunctionArgs(platform=platform(), source="health", kind="api", grant=grant))

    return build(construct)


@pytest.mark.requirement(35, 36)
def test_the_signing_secret_is_256_bits_as_64_hexadecimal_digits(prod: Graph) -> None:
    drawn = only(prod, BYTES)
    assert drawn.inputs["length"] == 32
    value = prod.named(VERSION, "secrets-jwt").inputs["secretString"]
    assert value == drawn.outputs["hex"]
    assert len(value) == 64
    assert len(bytes.fromhex(value)) * 8 == 256
    assert prod.named(VERSION, "secrets-jwt").masked_inputs()["secretString"] == SECRET_TEXT


@pytest.mark.requirement(36, 41)
def test_the_arn_of_the_signing_secret_is_exported_and_its_value_is_not(prod: Graph) -> None:
    assert prod.exports["jwt_secret_arn"] == prod.named(SECRET, "secrets-jwt").outputs["arn"]
    assert only(prod, BYTES).outputs["hex"] not in json.dumps(prod.exports)


@pytest.mark.requirement(38)
def test_the_signing_secret_is_rotated_by_hand_alone(prod: Graph) -> None:
    rotated = {r.inputs["secretId"] for r in prod.of_type("aws:secretsmanager/secretRotation:SecretRotation")}
    assert prod.named(SECRET, "secrets-jwt").outputs["arn"] not in rotated
    assert prod.named(VERSION, "secrets-jwt").options["ignore_changes"] == ["secretString"]


@pytest.mark.requirement(37)
def test_production_has_a_secret_for_services_outside_that_waits_for_its_value(prod: Graph) -> None:
    secret = prod.named(SECRET, "secrets-external-api")
    assert secret.inputs["name"] == "goal-mandala-production-external-api"
    assert "secrets-external-api" not in {version.name for version in prod.of_type(VERSION)}
    assert prod.exports["external_api_secret_arn"] == secret.outputs["arn"]


@pytest.mark.requirement(39)
def test_every_entry_in_secrets_manager_is_encrypted_with_the_stack_s_key() -> None:
    graph = secrets(external={"mail": MAIL})
    assert {s.name: s.inputs["kmsKeyId"] for s in graph.of_type(SECRET)} == {
        "secrets-jwt": KEYS.secrets,
        "secrets-mail": KEYS.secrets,
    }


@pytest.mark.requirement(37, 58)
def test_an_entry_in_secrets_manager_is_read_there_and_nowhere_else() -> None:
    graph = reader({"external": {"mail": MAIL, "openai": OPENAI}, "watch": None}, "mail")
    arn = graph.named(SECRET, "secrets-mail").outputs["arn"]
    granted = statements(only(graph, "aws:iam/rolePolicy:RolePolicy"))
    assert {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [arn]} in granted
    assert not [s for s in granted if any(action.startswith("ssm:") for action in s["Action"])]
    assert only(graph, "aws:lambda/function:Function").inputs["environment"]["variables"]["KEY_ARN"] == arn


@pytest.mark.requirement(42, 58)
def test_an_entry_in_parameter_store_is_made_by_nobody_and_read_by_its_arn() -> None:
    graph = reader({"external": {"mail": MAIL, "openai": OPENAI}, "watch": None}, "openai")
    arn = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/chase/openai"
    granted = statements(only(graph, "aws:iam/rolePolicy:RolePolicy"))
    assert {"Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": [arn]} in granted
    assert not [s for s in granted if any(action.startswith("secretsmanager:") for action in s["Action"])]
    assert only(graph, "aws:lambda/function:Function").inputs["environment"]["variables"]["KEY_ARN"] == arn
    assert {s.name for s in graph.of_type(SECRET)} == {"secrets-jwt", "secrets-mail"}


@pytest.mark.requirement(40)
def test_reads_of_the_stack_s_secrets_are_recorded_with_all_calls_of_the_trail(prod: Graph) -> None:
    rule = prod.named(RULE, "secrets-watch-secret-reads")
    assert rule.inputs["state"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    arn = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:goal-mandala-production-"
    assert json.loads(rule.inputs["eventPattern"]) == {
        "source": ["aws.secretsmanager"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventSource": ["secretsmanager.amazonaws.com"],
            "eventName": ["GetSecretValue"],
            "requestParameters": {"secretId": [{"prefix": arn}, {"prefix": "goal-mandala-production-"}]},
        },
    }


@pytest.mark.requirement(38, 40)
def test_a_rotation_that_fails_is_recorded(prod: Graph) -> None:
    rule = prod.named(RULE, "secrets-watch-secret-rotation-failures")
    pattern = json.loads(rule.inputs["eventPattern"])
    assert pattern["detail-type"] == ["AWS Service Event via CloudTrail"]
    assert pattern["detail"]["eventName"] == ["RotationAbandoned", "RotationFailed"]


@pytest.mark.requirement(40, 185)
def test_what_is_recorded_is_encrypted_and_only_its_rule_may_write_it() -> None:
    graph = secrets(watch={"log_retention_days": 90})
    for role in ("secret-reads", "secret-rotation-failures"):
        group, rule = graph.named(GROUP, f"secrets-watch-{role}"), graph.named(RULE, f"secrets-watch-{role}")
        assert group.inputs["name"] == f"/aws/events/example-production-{role}"
        assert (group.inputs["retentionInDays"], group.inputs["kmsKeyId"]) == (90, KEYS.logs)
        target = graph.named("aws:cloudwatch/eventTarget:EventTarget", f"secrets-watch-{role}")
        assert (target.inputs["rule"], target.inputs["arn"]) == (rule.inputs["name"], group.outputs["arn"])
        policy = graph.named("aws:cloudwatch/logResourcePolicy:LogResourcePolicy", f"secrets-watch-{role}")
        written = [s for s in statements(policy) if "logs:PutLogEvents" in s["Action"]]
        assert [s["Condition"] for s in written] == [{"ArnEquals": {"aws:SourceArn": rule.outputs["arn"]}}]
        assert {line for s in statements(policy) for line in s["Resource"]} == {f"{group.outputs['arn']}:*"}


@pytest.mark.requirement(40)
def test_the_watch_can_be_left_out_and_then_signals_nothing() -> None:
    assert secrets().of_type(RULE) == []
    found: list[str] = []

    def construct() -> None:
        for watch in (None, {"log_retention_days": 30}):
            settings = SecretsSettings.model_validate({"external": {}, "watch": watch})
            args = ApplicationSecretsArgs(settings=settings, stack=STACK, keys=KEYS)
            signals = ApplicationSecrets("watched" if watch else "unwatched", args).signals()
            found.append(",".join(signal.kind for signal in signals))

    build(construct)
    assert found == ["", "secret_reads,secret_rotation_failures"]
