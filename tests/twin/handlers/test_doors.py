"""What the world reaches: network, API, sign-in, distribution; and what watches them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from plan.account import Created
from tests.twin.account import Account, Refused
from twin.handlers import shapes
from twin.handlers.cloudwatch import HANDLERS as CLOUDWATCH
from twin.handlers.handler import HandlerError
from twin.handlers.mapped import Mapped
from twin.handlers.registry import HANDLERS, handler_for


def test_a_security_group_has_only_the_declared_rules(account: Account) -> None:
    vpc = account.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.9.0.0/16", "enableDnsHostnames": True})
    group = account.create("aws:ec2/securityGroup:SecurityGroup", {"description": "d", "vpcId": vpc.id})
    inputs = {"securityGroupId": group.id, "ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432}
    rule = account.create(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {**inputs, "referencedSecurityGroupId": group.id}
    )
    ec2 = account.cloud.client("ec2")
    (found,) = ec2.describe_security_groups(GroupIds=[group.id])["SecurityGroups"]
    (permission,) = found["IpPermissions"]
    assert (permission["FromPort"], permission["UserIdGroupPairs"][0]["GroupId"]) == (5432, group.id)
    assert (found["IpPermissionsEgress"], rule.id[:4]) == ([], "sgr-")
    account.delete(rule)
    (found,) = ec2.describe_security_groups(GroupIds=[group.id])["SecurityGroups"]
    assert found["IpPermissions"] == []


def test_the_default_security_group_of_a_vpc_is_closed(account: Account) -> None:
    vpc = account.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.8.0.0/16"})
    group = account.create(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", {"vpcId": vpc.id, "ingress": [], "egress": []}
    )
    assert group.id == vpc.outputs["defaultSecurityGroupId"]
    (found,) = account.cloud.client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])


def test_a_vpc_is_deleted_with_what_stands_in_it(account: Account) -> None:
    vpc = account.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.7.0.0/16", "tags": {"Name": "seven"}})
    gateway = account.create("aws:ec2/internetGateway:InternetGateway", {"vpcId": vpc.id})
    subnet = account.create(
        "aws:ec2/subnet:Subnet",
        {
            "vpcId": vpc.id,
            "cidrBlock": "10.7.0.0/24",
            "availabilityZone": "ap-northeast-1a",
            "mapPublicIpOnLaunch": True,
        },
    )
    table = account.create("aws:ec2/routeTable:RouteTable", {"vpcId": vpc.id})
    route = {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway.id}
    account.create("aws:ec2/route:Route", route)
    account.create(
        "aws:ec2/routeTableAssociation:RouteTableAssociation", {"subnetId": subnet.id, "routeTableId": table.id}
    )
    address = account.create("aws:ec2/eip:Eip", {})
    account.create("aws:ec2/natGateway:NatGateway", {"subnetId": subnet.id, "allocationId": address.id})
    ec2 = account.cloud.client("ec2")
    (found,) = ec2.describe_subnets(SubnetIds=[subnet.id])["Subnets"]
    assert found["MapPublicIpOnLaunch"]
    account.delete_all()
    assert vpc.id not in [item["VpcId"] for item in ec2.describe_vpcs()["Vpcs"]]


def test_an_api_answers_with_the_declared_response_throttled_as_declared(account: Account) -> None:
    api = account.create("aws:apigateway/restApi:RestApi", {"name": "api"})
    place = {"restApi": api.id}
    resource = account.create(
        "aws:apigateway/resource:Resource", {**place, "parentId": api.outputs["rootResourceId"], "pathPart": "ping"}
    )
    method = {**place, "resourceId": resource.id, "httpMethod": "GET"}
    made = account.create("aws:apigateway/method:Method", {**method, "authorization": "NONE"})
    assert made.id == f"agm-{api.id}-{resource.id}-GET"
    mock = {**method, "type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    account.create("aws:apigateway/integration:Integration", mock)
    account.create("aws:apigateway/methodResponse:MethodResponse", {**method, "statusCode": "200"})
    answer = {**method, "statusCode": "200", "responseTemplates": {"application/json": '{"pong": true}'}}
    account.create("aws:apigateway/integrationResponse:IntegrationResponse", answer)
    deployment = account.create("aws:apigateway/deployment:Deployment", {**place, "triggers": {"hash": "1"}})
    stage = account.create("aws:apigateway/stage:Stage", {**place, "deployment": deployment.id, "stageName": "v1"})
    settings = {
        "throttlingRateLimit": 1000.0,
        "throttlingBurstLimit": 2000,
        "loggingLevel": "INFO",
        "dataTraceEnabled": False,
    }
    everywhere = {**place, "stageName": "v1", "methodPath": "*/*", "settings": settings}
    account.create("aws:apigateway/methodSettings:MethodSettings", everywhere)
    assert stage.outputs["invokeUrl"] == f"https://{api.id}.execute-api.ap-northeast-1.amazonaws.com/v1"
    with urllib.request.urlopen(f"{account.cloud.endpoint}/_aws/execute-api/{api.id}/v1/ping") as response:
        assert json.loads(response.read()) == {"pong": True}
    kept = account.cloud.client("apigateway").get_stage(restApiId=api.id, stageName="v1")["methodSettings"]["*/*"]
    assert (kept["throttlingRateLimit"], kept["throttlingBurstLimit"], kept["loggingLevel"]) == (1000.0, 2000, "INFO")


def test_a_user_pool_asks_for_the_declared_passwords_and_offers_the_second_factor(account: Account) -> None:
    policy = {"minimumLength": 12, "requireSymbols": True, "temporaryPasswordValidityDays": 7}
    pool = account.create(
        "aws:cognito/userPool:UserPool",
        {
            "name": "users",
            "passwordPolicy": policy,
            "mfaConfiguration": "OPTIONAL",
            "softwareTokenMfaConfiguration": {"enabled": True},
            "deletionProtection": "ACTIVE",
            "tags": {"Project": "mandala"},
        },
    )
    found = account.cloud.client("cognito-idp").describe_user_pool(UserPoolId=pool.id)["UserPool"]
    assert found["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    assert (found["MfaConfiguration"], found["UserPoolTags"]) == ("OPTIONAL", {"Project": "mandala"})
    assert pool.outputs["endpoint"] == f"cognito-idp.ap-northeast-1.amazonaws.com/{pool.id}"
    account.delete(pool)
    pools = account.cloud.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    assert pool.id not in [item["Id"] for item in pools]


def test_a_pools_mails_come_from_the_declared_address(account: Account) -> None:
    declared = {
        "emailSendingAccount": "DEVELOPER",
        "sourceArn": "arn:aws:ses:ap-northeast-1:123456789012:identity/example.com",
        "fromEmailAddress": "Goals <no-reply@example.com>",
    }
    pool = account.create("aws:cognito/userPool:UserPool", {"name": "mailing", "emailConfiguration": declared})
    found = account.cloud.client("cognito-idp").describe_user_pool(UserPoolId=pool.id)["UserPool"]
    assert found["EmailConfiguration"] == {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": "arn:aws:ses:ap-northeast-1:123456789012:identity/example.com",
        "From": "Goals <no-reply@example.com>",
    }


def test_only_a_client_that_asks_for_a_secret_has_one(account: Account) -> None:
    pool = account.create("aws:cognito/userPool:UserPool", {})
    site = account.create("aws:cognito/userPoolClient:UserPoolClient", {"userPoolId": pool.id, "name": "site"})
    server = account.create(
        "aws:cognito/userPoolClient:UserPoolClient", {"userPoolId": pool.id, "generateSecret": True}
    )
    assert (site.outputs["clientSecret"], bool(server.outputs["clientSecret"])) == ("", True)


@pytest.fixture
def distribution(account: Account) -> Created:
    bucket = account.create("aws:s3/bucket:Bucket", {"bucket": "site"})
    access = account.create(
        "aws:cloudfront/originAccessControl:OriginAccessControl",
        {"originAccessControlOriginType": "s3", "signingBehavior": "always", "signingProtocol": "sigv4"},
    )
    headers = account.create(
        "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
        {"securityHeadersConfig": {"frameOptions": {"frameOption": "DENY", "override": True}}},
    )
    cache = account.create(
        "aws:cloudfront/cachePolicy:CachePolicy",
        {
            "minTtl": 0,
            "defaultTtl": 0,
            "maxTtl": 60,
            "parametersInCacheKeyAndForwardedToOrigin": {
                "cookiesConfig": {"cookieBehavior": "none"},
                "headersConfig": {"headerBehavior": "none"},
                "queryStringsConfig": {"queryStringBehavior": "none"},
            },
        },
    )
    origin = {
        "originId": "bucket",
        "domainName": bucket.outputs["bucketRegionalDomainName"],
        "originAccessControlId": access.id,
    }
    behavior = {
        "targetOriginId": "bucket",
        "viewerProtocolPolicy": "redirect-to-https",
        "allowedMethods": ["GET", "HEAD"],
        "cachedMethods": ["GET", "HEAD"],
        "cachePolicyId": cache.id,
        "responseHeadersPolicyId": headers.id,
    }
    made = account.create(
        "aws:cloudfront/distribution:Distribution",
        {
            "enabled": True,
            "origins": [origin],
            "defaultCacheBehavior": behavior,
            "customErrorResponses": [{"errorCode": 404, "responseCode": 200, "responsePagePath": "/index.html"}],
            "restrictions": {"geoRestriction": {"restrictionType": "whitelist", "locations": ["JP", "US"]}},
            "viewerCertificate": {"cloudfrontDefaultCertificate": True},
            "tags": {"Project": "mandala"},
        },
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"{bucket.outputs['arn']}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": made.outputs["arn"]}},
    }
    insecure = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"{bucket.outputs['arn']}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement, insecure]})
    account.create("aws:s3/bucketPolicy:BucketPolicy", {"bucket": bucket.id, "policy": policy})
    page = {"bucket": bucket.id, "key": "index.html", "content": "<p>hello", "contentType": "text/html"}
    account.create("aws:s3/bucketObjectv2:BucketObjectv2", page)
    return made


def test_a_distribution_serves_the_bucket_with_the_declared_headers(account: Account, distribution: Created) -> None:
    request = urllib.request.Request(
        f"{account.cloud.endpoint}/index.html",
        headers={"Host": distribution.outputs["domainName"], "X-Forwarded-Proto": "https"},
    )
    with urllib.request.urlopen(request) as response:
        assert (response.read(), response.headers["X-Frame-Options"]) == (b"<p>hello", "DENY")


def test_a_distribution_keeps_its_restrictions_and_tags(account: Account, distribution: Created) -> None:
    client = account.cloud.client("cloudfront")
    config = client.get_distribution_config(Id=distribution.id)["DistributionConfig"]
    assert config["Restrictions"]["GeoRestriction"] == {
        "RestrictionType": "whitelist",
        "Quantity": 2,
        "Items": ["JP", "US"],
    }
    tags = client.list_tags_for_resource(Resource=distribution.outputs["arn"])["Tags"]["Items"]
    assert tags == [{"Key": "Project", "Value": "mandala"}]


def test_an_enabled_distribution_is_deleted(account: Account, distribution: Created, refused: Refused) -> None:
    account.delete(distribution)
    client = account.cloud.client("cloudfront")
    assert refused(lambda: client.get_distribution(Id=distribution.id)) == "NoSuchDistribution"


def test_an_alarm_keeps_metric_dimensions_and_threshold(account: Account) -> None:
    inputs = {
        "name": "errors",
        "namespace": "AWS/Lambda",
        "metricName": "Errors",
        "dimensions": {"FunctionName": "goals"},
        "statistic": "Sum",
        "period": 60,
        "evaluationPeriods": 1,
        "threshold": 5,
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    alarm = account.create("aws:cloudwatch/metricAlarm:MetricAlarm", inputs)
    (found,) = account.cloud.client("cloudwatch").describe_alarms(AlarmNames=[alarm.id])["MetricAlarms"]
    assert (found["Dimensions"], found["Threshold"]) == ([{"Name": "FunctionName", "Value": "goals"}], 5.0)


def test_an_alarm_on_an_expression_sends_its_metrics_nested(account: Account) -> None:
    metric = {"namespace": "AWS/Lambda", "metricName": "Errors", "period": 300, "stat": "Sum", "dimensions": {"A": "b"}}
    queries = [
        {"id": "errors", "metric": metric},
        {"id": "rate", "expression": "errors / 2", "returnData": True},
    ]
    order = account.order("aws:cloudwatch/metricAlarm:MetricAlarm", {"name": "rate", "metricQueries": queries})
    handler = CLOUDWATCH["aws:cloudwatch/metricAlarm:MetricAlarm"]
    assert isinstance(handler, Mapped)
    values = handler.values(order, {"name": "rate"})
    sent = shapes.arguments(order.client("cloudwatch"), "put_metric_alarm", values, handler.renames)
    assert sent["Metrics"] == [
        {
            "Id": "errors",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": "Errors",
                    "Dimensions": [{"Name": "A", "Value": "b"}],
                },
                "Period": 300,
                "Stat": "Sum",
            },
        },
        {"Id": "rate", "Expression": "errors / 2", "ReturnData": True},
    ]


def test_an_unknown_type_is_an_error_that_says_where_to_add_it(account: Account) -> None:
    order = account.order("aws:glacier/vault:Vault", {}, "archive")
    with pytest.raises(HandlerError, match=r"aws:glacier/vault:Vault 'archive'.*twin/handlers/glacier\.py"):
        handler_for(order.registration)


def test_an_update_that_nobody_wrote_is_refused(account: Account) -> None:
    secret = account.create("aws:secretsmanager/secret:Secret", {"name": "fixed"})
    with pytest.raises(HandlerError, match="cannot be updated in place on the twin"):
        account.update(secret, {"name": "fixed", "description": "new"})


def test_every_type_of_a_module_is_one_that_the_sdk_registers() -> None:
    import pulumi_aws
    import pulumi_random
    from pulumi.runtime import rpc

    assert pulumi_aws.__name__
    assert pulumi_random.__name__
    known = {
        token
        for modules in rpc._RESOURCE_MODULES.values()
        for module in modules
        for token in getattr(module, "mod_info", {}).get("classes", {})
    }
    unknown = {type_ for type_ in HANDLERS if not type_.startswith("pulumi:providers:")} - known
    assert unknown == set()
