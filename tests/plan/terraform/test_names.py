"""Pulumi's names as Terraform's. The expected names are those of the Terraform provider's documentation."""

from __future__ import annotations

import pytest

from plan.terraform.names import label, literal, snake, terraform_property, terraform_type
from plan.terraform.schema import load

TYPES = {
    "aws:apigateway/response:Response": "aws_api_gateway_gateway_response",
    "aws:apigateway/restApi:RestApi": "aws_api_gateway_rest_api",
    "aws:cfg/recorder:Recorder": "aws_config_configuration_recorder",
    "aws:cfg/rule:Rule": "aws_config_config_rule",
    "aws:cloudtrail/trail:Trail": "aws_cloudtrail",
    "aws:cloudwatch/eventRule:EventRule": "aws_cloudwatch_event_rule",
    "aws:codedeploy/application:Application": "aws_codedeploy_app",
    "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration": "terraform_data",
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor": "aws_ce_anomaly_monitor",
    "aws:ec2/securityGroup:SecurityGroup": "aws_security_group",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "aws_vpc_endpoint",
    "aws:lambda/function:Function": "aws_lambda_function",
    "aws:rds/clusterInstance:ClusterInstance": "aws_rds_cluster_instance",
    "aws:rds/proxy:Proxy": "aws_db_proxy",
    "aws:rds/subnetGroup:SubnetGroup": "aws_db_subnet_group",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "aws_vpc_security_group_ingress_rule",
    "aws:wafv2/webAcl:WebAcl": "aws_wafv2_web_acl",
}
OTHERS = {"aws_security", "aws_lambda", "aws_rds_subnet", "aws_s3_bucket_object", "aws_api_gateway_account"}


@pytest.mark.parametrize("token", TYPES)
def test_a_type_token_is_the_terraform_type_of_the_same_resource(token: str) -> None:
    assert terraform_type(token, {*TYPES.values(), *OTHERS}) == TYPES[token]


def test_a_type_that_no_rule_finds_is_named() -> None:
    with pytest.raises(LookupError, match=r"aws:qldb/ledger:Ledger has no Terraform type by rule: add it to TYPES"):
        terraform_type("aws:qldb/ledger:Ledger", TYPES.values())


@pytest.mark.parametrize(
    ("camel", "expected"),
    [
        ("vpcId", "vpc_id"),
        ("serverlessv2ScalingConfiguration", "serverlessv2_scaling_configuration"),
        ("assignIpv6AddressOnCreation", "assign_ipv6_address_on_creation"),
        ("s3BucketName", "s3_bucket_name"),
        ("idTTLInSeconds", "id_ttl_in_seconds"),
    ],
)
def test_camel_case_is_split_before_capitals(camel: str, expected: str) -> None:
    assert snake(camel) == expected


@pytest.mark.parametrize(
    ("type_", "name", "expected"),
    [
        ("aws_lambda_function", "name", "function_name"),
        ("aws_lambda_function", "code", "filename"),
        ("aws_api_gateway_base_path_mapping", "restApi", "api_id"),
        ("aws_cloudwatch_metric_alarm", "name", "alarm_name"),
        ("aws_cloudwatch_metric_alarm", "metricQueries", "metric_query"),
        ("aws_lambda_permission", "function", "function_name"),
        ("aws_api_gateway_stage", "restApi", "rest_api_id"),
        ("aws_api_gateway_stage", "deployment", "deployment_id"),
        ("aws_sns_topic_subscription", "topic", "topic_arn"),
        ("aws_security_group", "ingress", "ingress"),
        ("aws_cloudfront_distribution", "isIpv6Enabled", "is_ipv6_enabled"),
        ("aws_cloudfront_distribution", "orderedCacheBehaviors", "ordered_cache_behavior"),
        ("aws_rds_cluster_parameter_group", "parameters", "parameter"),
        ("aws_iam_role", "tags", "tags"),
        ("aws_iam_role", "colour", None),
    ],
)
def test_a_property_is_the_argument_of_the_same_meaning(type_: str, name: str, expected: str | None) -> None:
    assert terraform_property(name, load().resources[type_].inputs, type_) == expected


@pytest.mark.parametrize(
    ("plural", "singular"), [("policies", "policy"), ("indices", "index"), ("addresses", "address"), ("rules", "rule")]
)
def test_a_collection_is_a_block_in_the_singular(plural: str, singular: str) -> None:
    assert terraform_property(plural, {singular, "other"}, "aws_example") == singular


def test_a_logical_name_becomes_one_that_terraform_accepts() -> None:
    assert label("api-goals") == "api-goals"
    assert label("a.b/c d") == "a-b-c-d"
    assert label("2nd") == "_2nd"


def test_what_terraform_would_expand_is_escaped() -> None:
    assert literal("home/${aws:username}/%{if}") == "home/$${aws:username}/%%{if}"
