"""Recorded values read back as references, on small programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from plan.terraform.export import Export, export
from tests.harness import build


def exported(program: Callable[[], object], secrets: dict[str, str] | None = None) -> Export:
    def with_provider() -> None:
        aws.Provider("aws", region="ap-northeast-1")
        program()

    return export(build(with_provider), secrets)


def arguments(program: Callable[[], object], type_: str, name: str, **secrets: str) -> dict[str, Any]:
    """The arguments of one resource; outside a component every resource is in the file of the stack itself."""
    body: dict[str, Any] = exported(program, secrets).files["stack.tf.json"]["resource"][type_][name]
    return body


def test_an_output_inside_a_text_is_a_reference_there() -> None:
    def program() -> None:
        queue = aws.sqs.Queue("jobs")
        aws.sqs.QueuePolicy("jobs", queue_url=queue.url, policy=queue.arn.apply(lambda arn: json.dumps({"on": arn})))

    body = arguments(program, "aws_sqs_queue_policy", "jobs")
    assert body["policy"] == '{"on": "${aws_sqs_queue.jobs.arn}"}'
    assert body["queue_url"] in {"${aws_sqs_queue.jobs.id}", "${aws_sqs_queue.jobs.url}"}
    assert "depends_on" not in body


def test_a_value_that_the_program_takes_apart_stays_a_reference_where_it_is_whole() -> None:
    def program() -> None:
        key = aws.kms.Key("data")
        name = key.arn.apply(lambda arn: f"keys in {arn.split(':')[3]}: {arn.rsplit('/', 1)[1]}")
        aws.sns.Topic("told", display_name=name)

    assert (
        arguments(program, "aws_sns_topic", "told")["display_name"] == "keys in ap-northeast-1: ${aws_kms_key.data.id}"
    )


def test_the_longest_value_wins_over_its_parts() -> None:
    def program() -> None:
        function = aws.iam.Role("worker", name="worker", assume_role_policy="{}")
        text = pulumi.Output.concat(function.arn, " is ", function.name)
        aws.sns.Topic("told", display_name=text)

    expected = "${aws_iam_role.worker.arn} is ${aws_iam_role.worker.name}"
    assert arguments(program, "aws_sns_topic", "told")["display_name"] == expected


def test_a_value_inside_a_computed_list_is_a_reference_to_its_place() -> None:
    def program() -> None:
        certificate = aws.acm.Certificate("site", domain_name="goals.example.com", validation_method="DNS")
        option = certificate.domain_validation_options[0]
        record: Any = option.resource_record_value
        aws.route53.Record("proof", zone_id="Z", name="proof", type="CNAME", ttl=60, records=[record])

    body = arguments(program, "aws_route53_record", "proof")
    place = "tolist(aws_acm_certificate.site.domain_validation_options)[0]"
    assert body["records"] == [f"${{{place}.resource_record_value}}"]


def test_a_fixed_name_is_a_reference_only_where_the_program_passed_it() -> None:
    def program() -> None:
        topic = aws.sns.Topic("alerts", name="alerts")
        aws.sns.Topic("passed", display_name=pulumi.Output.concat("like ", topic.name, ", not alerts-2"))
        aws.sns.Topic("written", display_name="like alerts")

    passed = arguments(program, "aws_sns_topic", "passed")["display_name"]
    assert passed == "like ${aws_sns_topic.alerts.name}, not alerts-2"
    assert arguments(program, "aws_sns_topic", "written")["display_name"] == "like alerts"


def test_a_name_that_pulumi_would_generate_is_given() -> None:
    def program() -> None:
        queue = aws.sqs.Queue("jobs")
        aws.sns.Topic("told", name="told", display_name=queue.name)

    assert arguments(program, "aws_sqs_queue", "jobs")["name"].startswith("jobs-")
    assert arguments(program, "aws_sns_topic", "told")["display_name"] == "${aws_sqs_queue.jobs.name}"


def test_a_dependency_that_no_argument_shows_is_declared() -> None:
    def program() -> None:
        first = aws.sns.Topic("first")
        aws.sns.Topic("second", opts=pulumi.ResourceOptions(depends_on=[first]))

    assert arguments(program, "aws_sns_topic", "second")["depends_on"] == ["aws_sns_topic.first"]


def test_the_own_account_is_a_variable_and_another_account_is_not() -> None:
    def program() -> None:
        aws.sns.Topic("told", display_name="123456789012 210987654321 91234567890123")

    body = arguments(program, "aws_sns_topic", "told")
    assert body["display_name"] == "${var.account_id} 210987654321 91234567890123"


def test_what_looks_like_a_template_is_data() -> None:
    def program() -> None:
        topic = aws.sns.Topic("alerts")
        aws.sns.Topic("told", display_name=pulumi.Output.concat("${aws:username} ", topic.arn))

    assert arguments(program, "aws_sns_topic", "told")["display_name"] == "$${aws:username} ${aws_sns_topic.alerts.arn}"


def test_a_secret_setting_is_a_sensitive_variable() -> None:
    def program() -> None:
        aws.secretsmanager.SecretVersion("hook", secret_id="s", secret_string="secret-of-hook")

    result = exported(program, {"hook": "secret-of-hook"})
    body = result.files["stack.tf.json"]["resource"]["aws_secretsmanager_secret_version"]["hook"]
    assert body["secret_string"] == "${var.hook}"
    assert result.files["providers.tf.json"]["variable"]["hook"] == {"type": "string", "sensitive": True}


def test_a_random_password_is_random_sensitive_and_as_long() -> None:
    def program() -> None:
        password = random.RandomPassword("admin", length=40, special=False, keepers={"turn": "1"})
        aws.secretsmanager.SecretVersion("admin", secret_id="s", secret_string=password.result)

    body = arguments(program, "aws_secretsmanager_secret_version", "admin")
    assert body["secret_string"] == "${sensitive(substr(sha512(terraform_data.admin.id), 0, 40))}"
    data = arguments(program, "terraform_data", "admin")
    assert data == {"input": {"length": 40, "special": False}, "triggers_replace": {"turn": "1"}}


def test_what_needs_a_newer_provider_keeps_its_inputs_and_references() -> None:
    def program() -> None:
        group = aws.cloudwatch.LogGroup("mails", name="mails")
        destination: Any = {"log_group_arn": group.arn}
        logs: Any = [
            {
                "event_source": "userNotification",
                "log_level": "ERROR",
                "cloud_watch_logs_configuration": destination,
            }
        ]
        aws.cognito.LogDeliveryConfiguration("mails", user_pool_id="p", log_configurations=logs)

    assert arguments(program, "terraform_data", "mails")["input"] == {
        "type": "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration",
        "inputs": {
            "userPoolId": "p",
            "logConfigurations": [
                {
                    "eventSource": "userNotification",
                    "logLevel": "ERROR",
                    "cloudWatchLogsConfiguration": {"logGroupArn": "${aws_cloudwatch_log_group.mails.arn}"},
                }
            ],
        },
    }


def test_resource_options_become_the_life_cycle() -> None:
    def program() -> None:
        kept = pulumi.ResourceOptions(protect=True, ignore_changes=["displayName"])
        aws.sns.Topic("kept", name="kept", opts=kept)
        aws.sns.Topic("plain", name="plain")
        aws.kms.Key("nameless")

    kept = arguments(program, "aws_sns_topic", "kept")["lifecycle"]
    assert kept == [{"prevent_destroy": True, "ignore_changes": ["display_name"]}]
    assert "lifecycle" not in arguments(program, "aws_sns_topic", "plain")
    assert arguments(program, "aws_kms_key", "nameless")["lifecycle"] == [{"create_before_destroy": True}]


def test_another_region_has_a_provider_of_its_own() -> None:
    def program() -> None:
        aws.sns.Topic("near", name="near")
        aws.sns.Topic("far", name="far", region="us-east-1")

    files = exported(program).files
    topics = files["stack.tf.json"]["resource"]["aws_sns_topic"]
    assert topics == {"near": {"name": "near"}, "far": {"name": "far", "provider": "aws.us-east-1"}}
    providers = [(p.get("alias"), p["region"]) for p in files["providers.tf.json"]["provider"]["aws"]]
    assert providers == [(None, "ap-northeast-1"), ("us-east-1", "us-east-1")]


def test_two_resources_of_one_name_and_type_are_told_apart_by_their_parents() -> None:
    class Box(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__("mandala:test:Box", name)
            aws.sns.Topic("alerts", name=f"{name}-alerts", opts=pulumi.ResourceOptions(parent=self))

    class Other(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__("mandala:test:Other", name)
            aws.sns.Topic("alerts", name=f"{name}-alerts", opts=pulumi.ResourceOptions(parent=self))

    files = exported(lambda: (Box("one"), Other("two"))).files
    assert set(files["one.tf.json"]["resource"]["aws_sns_topic"]) == {"alerts"}
    assert set(files["two.tf.json"]["resource"]["aws_sns_topic"]) == {"two-alerts"}
