"""The CSR system's network, database, functions, API and site: what it demands, as it is registered."""

from __future__ import annotations

import json

import pytest

from plan.graph import Graph
from tests.stacks.conformance.queries import bucket, function, having, key, log_group, may, of_bucket, only

FUNCTION = "aws:lambda/function:Function"
SERVING = ("ai", "auth", "goals", "reflections", "tasks")


@pytest.mark.requirement(13, 14)
def test_everything_stands_in_tokyo_under_the_systems_own_name(csr: Graph) -> None:
    assert only(csr, "pulumi:providers:aws")["region"] == "ap-northeast-1"
    names = [r.inputs["name"] for r in csr.of_type(FUNCTION)]
    assert len(names) > 20
    assert all(name.startswith("csr-prod-") for name in names)


@pytest.mark.requirement(11)
def test_network_lists_stand_around_all_subnets_beside_the_security_groups(csr: Graph) -> None:
    lists = [r.inputs for r in csr.of_type("aws:ec2/networkAcl:NetworkAcl")]
    guarded = [subnet for rules in lists for subnet in rules["subnetIds"]]
    assert sorted(guarded) == sorted(r.id for r in csr.of_type("aws:ec2/subnet:Subnet"))
    for rules in lists:
        outside = [rule for rule in rules["egress"] if rule["cidrBlock"] == "0.0.0.0/0"]
        assert [(rule["fromPort"], rule["toPort"], rule["protocol"]) for rule in outside] == [(443, 443, "6")]


@pytest.mark.requirement(12)
def test_all_traffic_of_the_network_is_recorded(csr: Graph) -> None:
    flow = only(csr, "aws:ec2/flowLog:FlowLog")
    assert flow["trafficType"] == "ALL"
    assert flow["maxAggregationInterval"] == 60
    assert flow["vpcId"] == having(csr, "aws:ec2/vpc:Vpc").id
    logs = log_group(csr, flow["logDestination"].rpartition("log-group:")[2])
    assert logs["retentionInDays"] == 90
    assert key(csr, logs["kmsKeyId"])["enableKeyRotation"] is True


@pytest.mark.requirement(17)
def test_the_database_is_provisioned_with_a_replica_in_another_zone(csr: Graph) -> None:
    cluster = only(csr, "aws:rds/cluster:Cluster")
    assert "serverlessv2ScalingConfiguration" not in cluster
    instances = [r.inputs for r in csr.of_type("aws:rds/clusterInstance:ClusterInstance")]
    assert {i["identifier"]: (i["instanceClass"], i["availabilityZone"]) for i in instances} == {
        "csr-prod-database-writer": ("db.t3.medium", "ap-northeast-1a"),
        "csr-prod-database-reader-1": ("db.t3.medium", "ap-northeast-1c"),
    }


@pytest.mark.requirement(19, 20, 204)
def test_backups_reach_back_thirty_days_and_storage_is_encrypted_with_a_key_of_the_stack(csr: Graph) -> None:
    cluster = only(csr, "aws:rds/cluster:Cluster")
    assert cluster["backupRetentionPeriod"] == 30
    assert cluster["storageEncrypted"] is True
    assert key(csr, cluster["kmsKeyId"])["enableKeyRotation"] is True


@pytest.mark.requirement(29)
def test_functions_share_connections_through_a_proxy(csr: Graph) -> None:
    proxy = having(csr, "aws:rds/proxy:Proxy").inputs
    assert proxy["requireTls"] is True
    assert proxy["engineFamily"] == "POSTGRESQL"
    pool = only(csr, "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup")["connectionPoolConfig"]
    assert pool["maxConnectionsPercent"] == 80
    target = only(csr, "aws:rds/proxyTarget:ProxyTarget")
    assert target["dbClusterIdentifier"] == "csr-prod-database"
    [door] = only(csr, "aws:rds/cluster:Cluster")["vpcSecurityGroupIds"]
    admitted = [
        r.inputs["referencedSecurityGroupId"]
        for r in csr.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if r.inputs["securityGroupId"] == door and r.inputs["fromPort"] == 5432
    ]
    groups = {r.id: r.inputs["name"] for r in csr.of_type("aws:ec2/securityGroup:SecurityGroup")}
    assert {groups[group] for group in admitted} == {"csr-prod-db-proxy-sg", "csr-prod-db-rotation-sg"}


@pytest.mark.requirement(30)
def test_the_number_of_readers_follows_their_load(csr: Graph) -> None:
    target = having(csr, "aws:appautoscaling/target:Target", serviceNamespace="rds").inputs
    assert (target["minCapacity"], target["maxCapacity"]) == (1, 3)
    assert target["resourceId"] == "cluster:csr-prod-database"
    assert target["scalableDimension"] == "rds:cluster:ReadReplicaCount"
    policy = having(csr, "aws:appautoscaling/policy:Policy", serviceNamespace="rds").inputs
    assert policy["targetTrackingScalingPolicyConfiguration"] == {
        "predefinedMetricSpecification": {"predefinedMetricType": "RDSReaderAverageCPUUtilization"},
        "targetValue": 70,
    }


@pytest.mark.requirement(39, 204)
def test_every_secret_is_encrypted_with_a_key_of_the_stack(csr: Graph) -> None:
    secrets = [r.inputs for r in csr.of_type("aws:secretsmanager/secret:Secret")]
    assert {s["name"] for s in secrets} >= {"csr-prod-database-application", "csr-prod-jwt", "csr-prod-slack-webhook"}
    assert all(key(csr, secret["kmsKeyId"])["enableKeyRotation"] for secret in secrets)


@pytest.mark.requirement(48, 49, 54)
def test_functions_have_a_gigabyte_and_those_of_the_api_half_a_minute(csr: Graph) -> None:
    functions = [r.inputs for r in csr.of_type(FUNCTION)]
    assert {f["memorySize"] for f in functions} == {1024}
    assert {f["tracingConfig"]["mode"] for f in functions} == {"Active"}
    for name in (*SERVING, "health", "sources"):
        assert function(csr, f"csr-prod-{name}")["timeout"] == 30


@pytest.mark.requirement(51)
def test_the_five_functions_of_the_api_reserve_500_executions_each(csr: Graph) -> None:
    reserved = {r.inputs["name"]: r.inputs.get("reservedConcurrentExecutions") for r in csr.of_type(FUNCTION)}
    assert {name: number for name, number in reserved.items() if number} == {f"csr-prod-{n}": 500 for n in SERVING}


@pytest.mark.requirement(52, 53)
def test_ten_environments_are_kept_warm_at_first_and_five_to_fifty_by_their_use(csr: Graph) -> None:
    for name in SERVING:
        warm = having(
            csr, "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig", functionName=f"csr-prod-{name}"
        ).inputs
        assert (warm["provisionedConcurrentExecutions"], warm["qualifier"]) == (10, "live")
        resource = f"function:csr-prod-{name}:live"
        target = having(csr, "aws:appautoscaling/target:Target", resourceId=resource).inputs
        assert (target["minCapacity"], target["maxCapacity"]) == (5, 50)
        policy = having(csr, "aws:appautoscaling/policy:Policy", resourceId=resource).inputs
        assert policy["policyType"] == "TargetTrackingScaling"


@pytest.mark.requirement(159)
def test_memory_is_measured_in_every_function(csr: Graph) -> None:
    for resource in csr.of_type(FUNCTION):
        assert any(":layer:LambdaInsightsExtension-Arm64:" in layer for layer in resource.inputs["layers"])
        written = [s for s in may(csr, resource.inputs["name"]) if "/aws/lambda-insights:" in str(s["Resource"])]
        assert [s["Action"] for s in written] == [["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]]


@pytest.mark.requirement(62, 66)
def test_the_stage_is_throttled_logged_and_measured(csr: Graph) -> None:
    settings = having(csr, "aws:apigateway/methodSettings:MethodSettings", methodPath="*/*").inputs["settings"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (500, 1000)
    assert settings["loggingLevel"] == "INFO"
    assert settings["metricsEnabled"] is True
    destination = only(csr, "aws:apigateway/stage:Stage")["accessLogSettings"]["destinationArn"]
    assert log_group(csr, destination.rpartition("log-group:")[2])["retentionInDays"] == 90


@pytest.mark.requirement(67)
def test_answers_are_cached_for_300_seconds_for_each_caller_alone(csr: Graph) -> None:
    stage = only(csr, "aws:apigateway/stage:Stage")
    assert stage["cacheClusterEnabled"] is True
    every = [r.inputs for r in csr.of_type("aws:apigateway/methodSettings:MethodSettings")]
    cached = {each["methodPath"]: each["settings"] for each in every if each["settings"].get("cachingEnabled")}
    assert set(cached) == {"~1goals/GET", "~1goals~1{goalId}~1mandala/GET"}
    assert {(s["cacheTtlInSeconds"], s["cacheDataEncrypted"]) for s in cached.values()} == {(300, True)}
    keys = [
        r.inputs["cacheKeyParameters"]
        for r in csr.of_type("aws:apigateway/integration:Integration")
        if r.inputs.get("cacheKeyParameters")
    ]
    assert len(keys) == 2
    assert all("method.request.header.Authorization" in parameters for parameters in keys)


@pytest.mark.requirement(49, 71, 102)
def test_the_api_has_a_name_of_its_own_and_gives_up_before_api_gateway_does(csr: Graph) -> None:
    domain = only(csr, "aws:apigateway/domainName:DomainName")
    assert domain["domainName"] == "api.csr.example"
    assert domain["regionalCertificateArn"].startswith("arn:aws:acm:ap-northeast-1:")
    assert only(csr, "aws:apigateway/restApi:RestApi")["disableExecuteApiEndpoint"] is True
    called = [
        r.inputs for r in csr.of_type("aws:apigateway/integration:Integration") if r.inputs["type"] == "AWS_PROXY"
    ]
    assert {integration["timeoutMilliseconds"] for integration in called} == {29_000}
    for name in SERVING:
        origins = function(csr, f"csr-prod-{name}")["environment"]["variables"]["CORS_ORIGINS"]
        assert origins == "https://www.csr.example"


@pytest.mark.requirement(68, 205)
def test_a_web_acl_refuses_known_attacks_on_api_and_site(csr: Graph) -> None:
    known = {
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesSQLiRuleSet",
        "AWSManagedRulesAmazonIpReputationList",
    }
    for name, scope in (("csr-prod-api", "REGIONAL"), ("csr-prod-site", "CLOUDFRONT")):
        acl = having(csr, "aws:wafv2/webAcl:WebAcl", name=name).inputs
        assert acl["scope"] == scope
        assert {rule["name"] for rule in acl["rules"]} == known
        assert {json.dumps(rule["overrideAction"]) for rule in acl["rules"]} == {'{"none": {}}'}
    association = only(csr, "aws:wafv2/webAclAssociation:WebAclAssociation")
    assert association["resourceArn"].endswith("/stages/v1")
    front = having(csr, "aws:wafv2/webAcl:WebAcl", name="csr-prod-site")
    assert front.inputs["region"] == "us-east-1"
    distribution = only(csr, "aws:cloudfront/distribution:Distribution")
    assert distribution["webAclId"] == front.outputs["arn"]


@pytest.mark.requirement(72, 206)
def test_every_operation_asks_cognito_but_the_health_check_and_what_carries_a_token_of_its_own(csr: Graph) -> None:
    methods = [r.inputs for r in csr.of_type("aws:apigateway/method:Method")]
    asked = [m for m in methods if m["authorization"] == "COGNITO_USER_POOLS"]
    assert len(asked) > 25
    open_ = {m["operationName"] for m in methods if m["authorization"] == "NONE" and m["httpMethod"] != "OPTIONS"}
    assert open_ == {"getHealth", "getSharedMandala"}
    pool = only(csr, "aws:cognito/userPool:UserPool")
    assert (pool["mfaConfiguration"], pool["userPoolAddOns"]["advancedSecurityMode"]) == ("ON", "ENFORCED")


@pytest.mark.requirement(92, 204)
def test_the_sites_bucket_is_encrypted_and_closed(csr: Graph) -> None:
    name = "csr-prod-frontend-123456789012"
    assert bucket(csr, name)["bucket"] == name
    encryption = of_bucket(
        csr, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", name
    )
    assert encryption["rules"] == [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
    block = of_bucket(csr, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", name)
    kinds = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert [block[kind] for kind in kinds] == [True] * 4


@pytest.mark.requirement(99, 100, 102, 105)
def test_the_site_is_compressed_everywhere_under_its_own_name_with_strict_headers(csr: Graph) -> None:
    distribution = only(csr, "aws:cloudfront/distribution:Distribution")
    assert distribution["priceClass"] == "PriceClass_All"
    assert distribution["aliases"] == ["www.csr.example"]
    assert distribution["viewerCertificate"]["acmCertificateArn"].startswith("arn:aws:acm:us-east-1:")
    assert distribution["viewerCertificate"]["minimumProtocolVersion"] == "TLSv1.2_2021"
    behaviours = [distribution["defaultCacheBehavior"], *distribution["orderedCacheBehaviors"]]
    assert {behaviour["compress"] for behaviour in behaviours} == {True}
    headers = only(csr, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")["securityHeadersConfig"]
    assert headers["strictTransportSecurity"]["accessControlMaxAgeSec"] == 31_536_000
    assert headers["frameOptions"]["frameOption"] == "DENY"
    assert headers["contentTypeOptions"] == {"override": True}
    assert headers["referrerPolicy"]["referrerPolicy"] == "strict-origin-when-cross-origin"
    policy = headers["contentSecurityPolicy"]["contentSecurityPolicy"]
    assert policy.startswith("default-src 'self'; ")
    assert (
        "connect-src 'self' https://api.csr.example https://cognito-idp.ap-northeast-1.amazonaws.com "
        "https://csr-prod.auth.ap-northeast-1.amazoncognito.com;"
    ) in policy


@pytest.mark.requirement(185, 204)
def test_every_log_group_is_encrypted_with_a_key_of_the_stack(csr: Graph) -> None:
    groups = [r.inputs for r in csr.of_type("aws:cloudwatch/logGroup:LogGroup")]
    assert len(groups) > 30
    for group in groups:
        assert key(csr, group["kmsKeyId"])["enableKeyRotation"] is True, group["name"]


@pytest.mark.requirement(203)
def test_no_function_may_do_anything_with_everything(csr: Graph) -> None:
    # What X-Ray and the network interfaces of a VPC function cannot be narrowed to.
    anywhere = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    anywhere |= {f"ec2:{verb}NetworkInterface" for verb in ("Create", "Delete")}
    anywhere |= {"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}
    anywhere |= {f"ec2:{verb}PrivateIpAddresses" for verb in ("Assign", "Unassign")}
    for resource in csr.of_type(FUNCTION):
        for statement in may(csr, resource.inputs["name"]):
            assert not any(action.endswith("*") for action in statement["Action"]), resource.name
            assert "*" not in statement["Resource"] or set(statement["Action"]) <= anywhere, resource.name
