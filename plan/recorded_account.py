"""An account that exists only on paper: well-formed ids, ARNs and endpoints, the same for the same program."""

from __future__ import annotations

from typing import Any

from plan import recorded_api, recorded_data, recorded_site
from plan.account import Created, Registration
from plan.facts import PARTITION, Computed, Facts

ACCOUNT_ID = "123456789012"
CALLER_IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"


def _function(f: Facts) -> dict[str, Any]:
    arn = f.arn("lambda", f"function:{f.name}")
    return {
        "id": f.name,
        "arn": arn,
        "version": "1",
        "qualifiedArn": f"{arn}:1",
        "invokeArn": _invoke_arn(f, arn),
        "lastModified": "",
    }


def _alias(f: Facts) -> dict[str, Any]:
    function = str(f.inputs["functionName"]).rsplit(":", 1)[-1]
    arn = f.arn("lambda", f"function:{function}:{f.name}")
    return {"id": arn, "arn": arn, "invokeArn": _invoke_arn(f, arn)}


def _invoke_arn(f: Facts, function_arn: str) -> str:
    return f"arn:{PARTITION}:apigateway:{f.region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"


def _queue(f: Facts) -> dict[str, Any]:
    url = f"https://sqs.{f.region}.amazonaws.com/{f.account_id}/{f.name}"
    return {"id": url, "url": url, "arn": f.arn("sqs", f.name), "name": f.name}


def _bucket(f: Facts) -> dict[str, Any]:
    name = str(f.inputs.get("bucket") or f.name)
    domain = f"{name}.s3.amazonaws.com"
    regional = f"{name}.s3.{f.region}.amazonaws.com"
    arn = f"arn:{PARTITION}:s3:::{name}"
    return {
        "id": name,
        "bucket": name,
        "arn": arn,
        "bucketDomainName": domain,
        "bucketRegionalDomainName": regional,
        "hostedZoneId": "Z2M4EHUR26P7ZW",
    }


def _user_pool(f: Facts) -> dict[str, Any]:
    id_ = f"{f.region}_{f.hex[:9]}"
    endpoint = f"cognito-idp.{f.region}.amazonaws.com/{id_}"
    return {"id": id_, "arn": f.arn("cognito-idp", f"userpool/{id_}"), "endpoint": endpoint, "name": f.name}


def _rest_api(f: Facts) -> dict[str, Any]:
    id_ = f.hex[:10]
    return {
        "id": id_,
        "arn": f.arn("apigateway", f"/restapis/{id_}", account=False),
        "executionArn": f.arn("execute-api", id_),
        "rootResourceId": f.hex[10:20],
        "name": f.name,
    }


def _stage(f: Facts) -> dict[str, Any]:
    api, name = f.inputs["restApi"], f.inputs["stageName"]
    return {
        "id": f"ags-{api}-{name}",
        "arn": f.arn("apigateway", f"/restapis/{api}/stages/{name}", account=False),
        "invokeUrl": f"https://{api}.execute-api.{f.region}.amazonaws.com/{name}",
        "executionArn": f.arn("execute-api", f"{api}/{name}"),
    }


def _cluster(f: Facts) -> dict[str, Any]:
    id_ = str(f.inputs.get("clusterIdentifier") or f.name)
    host = f"{id_}.cluster-{f.hex[:12]}.{f.region}.rds.amazonaws.com"
    return {
        "id": id_,
        "clusterIdentifier": id_,
        "clusterResourceId": f"cluster-{f.hex[:26].upper()}",
        "arn": f.arn("rds", f"cluster:{id_}"),
        "endpoint": host,
        "readerEndpoint": host.replace(".cluster-", ".cluster-ro-"),
        "port": int(f.inputs.get("port") or 5432),
        "hostedZoneId": "Z24O6O9L7SGTNB",
    }


def _cluster_instance(f: Facts) -> dict[str, Any]:
    id_ = str(f.inputs.get("identifier") or f.name)
    return {"id": id_, "identifier": id_, "arn": f.arn("rds", f"db:{id_}")}


def _distribution(f: Facts) -> dict[str, Any]:
    id_ = "E" + f.hex[:13].upper()
    domain = f"d{f.hex[:13]}.cloudfront.net"
    return {
        "id": id_,
        "arn": f.arn("cloudfront", f"distribution/{id_}", region=False),
        "domainName": domain,
        "hostedZoneId": "Z2FDTNDATAQYW2",
    }


def _key(f: Facts) -> dict[str, Any]:
    return {"id": f.uuid(), "keyId": f.uuid(), "arn": f.arn("kms", f"key/{f.uuid()}")}


def _secret(f: Facts) -> dict[str, Any]:
    arn = f.arn("secretsmanager", f"secret:{f.name}-{f.hex[:6]}")
    return {"id": arn, "arn": arn, "name": f.name}


def _layer(f: Facts) -> dict[str, Any]:
    arn = f.arn("lambda", f"layer:{f.inputs['layerName']}")
    return {"id": f"{arn}:1", "arn": f"{arn}:1", "layerArn": arn, "version": "1"}


def _role(f: Facts) -> dict[str, Any]:
    return {
        "id": f.name,
        "name": f.name,
        "arn": f.arn("iam", f"role/{f.name}", region=False),
        "uniqueId": f"AROA{f.hex[:17].upper()}",
    }


def _log_group(f: Facts) -> dict[str, Any]:
    return {"id": f.name, "name": f.name, "arn": f.arn("logs", f"log-group:{f.name}")}


def _state_machine(f: Facts) -> dict[str, Any]:
    arn = f.arn("states", f"stateMachine:{f.name}")
    return {"id": arn, "arn": arn, "name": f.name}


def _secret_version(f: Facts) -> dict[str, Any]:
    return {"id": f"{f.inputs['secretId']}|{f.uuid()}", "arn": f.inputs["secretId"], "versionId": f.uuid()}


def _alarm(f: Facts) -> dict[str, Any]:
    return {"id": f.name, "name": f.name, "arn": f.arn("cloudwatch", f"alarm:{f.name}")}


def _random_password(f: Facts) -> dict[str, Any]:
    return {"id": "none", "result": f"recorded-{f.hex[:23]}", "bcryptHash": "recorded"}


def _random_bytes(f: Facts) -> dict[str, Any]:
    length = int(f.inputs["length"])
    return {"id": "none", "hex": (f.hex * 8)[: 2 * length], "base64": "cmVjb3JkZWQ="}


def _id(prefix: str) -> Computed:
    return lambda f: {"id": f"{prefix}-{f.hex[:17]}"}


def _arn_id(service: str, resource: str, **parts: bool) -> Computed:
    def computed(f: Facts) -> dict[str, Any]:
        arn = f.arn(service, resource.format(name=f.name, uuid=f.uuid()), **parts)
        return {"id": arn, "arn": arn}

    return computed


COMPUTED: dict[str, Computed] = {
    "aws:kms/key:Key": _key,
    "aws:ec2/vpc:Vpc": lambda f: {"id": f"vpc-{f.hex[:17]}", "arn": f.arn("ec2", f"vpc/vpc-{f.hex[:17]}")},
    "aws:ec2/subnet:Subnet": lambda f: {
        "id": f"subnet-{f.hex[:17]}",
        "arn": f.arn("ec2", f"subnet/subnet-{f.hex[:17]}"),
    },
    "aws:ec2/internetGateway:InternetGateway": _id("igw"),
    "aws:ec2/routeTable:RouteTable": _id("rtb"),
    "aws:ec2/eip:Eip": _id("eipalloc"),
    "aws:ec2/natGateway:NatGateway": _id("nat"),
    "aws:ec2/securityGroup:SecurityGroup": _id("sg"),
    "aws:rds/cluster:Cluster": _cluster,
    "aws:rds/clusterInstance:ClusterInstance": _cluster_instance,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:secretsmanager/secretVersion:SecretVersion": _secret_version,
    "aws:iam/role:Role": _role,
    "aws:lambda/function:Function": _function,
    "aws:lambda/alias:Alias": _alias,
    "aws:lambda/layerVersion:LayerVersion": _layer,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:cloudwatch/eventRule:EventRule": lambda f: {
        "id": f.name,
        "name": f.name,
        "arn": f.arn("events", f"rule/{f.name}"),
    },
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": lambda f: {
        "id": f.inputs["alarmName"],
        "arn": f.arn("cloudwatch", f"alarm:{f.inputs['alarmName']}"),
    },
    "aws:budgets/budget:Budget": lambda f: {
        "id": f"{f.account_id}:{f.name}",
        "arn": f.arn("budgets", f"budget/{f.name}", region=False),
    },
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor": _arn_id("ce", "anomalymonitor/{uuid}", region=False),
    "aws:costexplorer/anomalySubscription:AnomalySubscription": _arn_id(
        "ce", "anomalysubscription/{uuid}", region=False
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": lambda f: {"id": f.name, "name": f.name},
    "aws:cloudwatch/queryDefinition:QueryDefinition": lambda f: {"id": f.uuid(), "queryDefinitionId": f.uuid()},
    "aws:cognito/userPool:UserPool": _user_pool,
    "aws:cognito/userPoolClient:UserPoolClient": lambda f: {"id": f.hex[:26], "name": f.name, "clientSecret": ""},
    "aws:cognito/userPoolDomain:UserPoolDomain": lambda f: {
        "id": f.inputs["domain"],
        "cloudfrontDistribution": "",
        "s3Bucket": "",
    },
    "aws:apigateway/restApi:RestApi": _rest_api,
    "aws:apigateway/stage:Stage": _stage,
    "aws:sfn/stateMachine:StateMachine": _state_machine,
    "aws:scheduler/schedule:Schedule": lambda f: {
        "id": f"{f.inputs['groupName']}/{f.name}",
        "arn": f.arn("scheduler", f"schedule/{f.inputs['groupName']}/{f.name}"),
    },
    "aws:s3/bucket:Bucket": _bucket,
    "aws:cloudfront/distribution:Distribution": _distribution,
    **recorded_api.COMPUTED,
    **recorded_data.COMPUTED,
    **recorded_site.COMPUTED,
    "aws:sns/topic:Topic": _arn_id("sns", "{name}"),
    "aws:sns/topicSubscription:TopicSubscription": lambda f: {"id": f"{f.inputs['topic']}:{f.uuid()}"},
    "aws:sqs/queue:Queue": _queue,
    "random:index/randomPassword:RandomPassword": _random_password,
    "random:index/randomBytes:RandomBytes": _random_bytes,
}


class RecordedAccount:
    """Answers every registration from the table above; what is not in it gets an id and its name."""

    def __init__(self, region: str) -> None:
        self.region = region

    def create(self, registration: Registration) -> Created:
        """Make up the id and the outputs."""
        facts = Facts(registration, self.region, ACCOUNT_ID)
        computed = COMPUTED.get(registration.type, lambda f: {"id": f.uuid(), "name": f.name})(facts)
        return Created(id=str(computed.pop("id")), outputs=computed)

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """Only the caller's own identity is known on paper."""
        if token == CALLER_IDENTITY:
            return {
                "accountId": ACCOUNT_ID,
                "arn": f"arn:{PARTITION}:iam::{ACCOUNT_ID}:root",
                "userId": ACCOUNT_ID,
                "id": ACCOUNT_ID,
            }
        raise LookupError(
            f"provider function {token} has no answer on paper: make it a setting, or answer it in "
            "plan/recorded_account.py"
        )
