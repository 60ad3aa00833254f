"""What the emulated AWS is corrected to do, asked for as a client of AWS would ask."""

from __future__ import annotations

import io
import json
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from twin.processes import ROOT, Emulator, free_port, interpreter

ACCOUNT, REGION = "123456789012", "ap-northeast-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/test"

HANDLER = """
import os, sys, time

STARTED = time.time()
if os.environ.get("BROKEN"):
    import no_such_module

class InvalidInput(Exception):
    pass

def handler(event, context):
    kind = event.get("kind")
    if kind == "raise":
        raise InvalidInput("the goal has no title")
    if kind == "exit":
        os._exit(3)
    if kind == "slow":
        time.sleep(event["seconds"])
        if event.get("raise"):
            raise InvalidInput("after a while")
    if kind == "layer":
        import layered
        return layered.__file__
    if kind == "botocore":
        before = "botocore" in sys.modules
        import botocore.handlers
        names = [getattr(entry[1], "__name__", "") for entry in botocore.handlers.BUILTIN_HANDLERS]
        return [before, names.count("_ms_add_invoke_depth")]
    if kind == "environment":
        return dict(os.environ)
    path = event.get("path")
    if path == "/raises":
        raise InvalidInput("not for the caller's eyes")
    if path == "/no-status":
        return {"message": "no statusCode"}
    if path == "/body-not-text":
        return {"statusCode": 200, "body": {"a": 1}}
    if path == "/good":
        return {"statusCode": 201, "headers": {"X-Own": "1"}, "body": "made"}
    return {"started": STARTED, "at": time.time(), "event": event}
"""


def archive(**files: str) -> bytes:
    """A zip of the given texts; the names' double underscores stand for slashes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as content:
        for name, text in files.items():
            content.writestr(name.replace("__", "/") + ".py", text)
    return buffer.getvalue()


class Cloud:
    """Clients of one emulator, and short ways to make what the tests use."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = boto3.Session("test", "test", region_name=REGION)

    def client(self, service: str) -> Any:
        return self._session.client(
            service,
            endpoint_url=self.endpoint,
            config=Config(retries={"max_attempts": 0}, read_timeout=60, max_pool_connections=50),
        )

    def function(self, **settings: Any) -> str:
        name = f"f-{uuid.uuid4().hex[:8]}"
        answer = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": archive(index=HANDLER)},
            Timeout=30,
            **settings,
        )
        return str(answer["FunctionArn"])

    def invoke(self, arn: str, **event: Any) -> dict[str, Any]:
        answer = self.client("lambda").invoke(FunctionName=arn, Payload=json.dumps(event).encode())
        return {"failed": answer.get("FunctionError"), "payload": json.loads(answer["Payload"].read())}

    def machine(self, definition: dict[str, Any]) -> str:
        answer = self.client("stepfunctions").create_state_machine(
            name=f"m-{uuid.uuid4().hex[:8]}", roleArn=ROLE, definition=json.dumps(definition)
        )
        return str(answer["stateMachineArn"])

    def execute(
        self, machine: str, until: Callable[[str], bool] = lambda status: status != "RUNNING"
    ) -> dict[str, Any]:
        arn = self.client("stepfunctions").start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        return self.follow(arn, until)

    def follow(self, arn: str, until: Callable[[str], bool] = lambda status: status != "RUNNING") -> dict[str, Any]:
        states = self.client("stepfunctions")
        limit = time.monotonic() + 20
        while True:
            execution: dict[str, Any] = states.describe_execution(executionArn=arn)
            if until(execution["status"]) or time.monotonic() > limit:
                return execution
            time.sleep(0.05)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    emulator = Emulator(
        tmp_path_factory.mktemp("emulated aws"),
        port=free_port(),
        account_id=ACCOUNT,
        region=REGION,
        extra={"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:1"},
    )
    emulator.start()
    try:
        yield Cloud(emulator.endpoint)
    finally:
        emulator.stop()


@pytest.fixture(scope="module")
def function(cloud: Cloud) -> str:
    return cloud.function()


def task(function: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": payload},
        "End": True,
        **more,
    }


def test_a_failed_function_reports_the_class_of_its_exception(cloud: Cloud, function: str) -> None:
    answer = cloud.invoke(function, kind="raise")
    assert answer["failed"] == "Unhandled"
    assert answer["payload"]["errorType"] == "InvalidInput"
    assert answer["payload"]["errorMessage"] == "the goal has no title"
    assert any("index.py" in line for line in answer["payload"]["stackTrace"])


def test_a_function_stays_warm_after_an_exception(cloud: Cloud) -> None:
    function = cloud.function()
    first = cloud.invoke(function)["payload"]["started"]
    cloud.invoke(function, kind="raise")
    assert cloud.invoke(function)["payload"]["started"] == first


def test_a_function_that_ends_its_process_reports_runtime_exit_error(cloud: Cloud, function: str) -> None:
    assert cloud.invoke(function, kind="exit")["payload"]["errorType"] == "Runtime.ExitError"
    assert cloud.invoke(function)["failed"] is None


def test_a_function_that_cannot_be_imported_says_so_in_answer_and_log(cloud: Cloud) -> None:
    function = cloud.function(Environment={"Variables": {"BROKEN": "1"}})
    payload = cloud.invoke(function)["payload"]
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_module" in payload["errorMessage"]
    group = "/aws/lambda/" + function.rsplit(":", 1)[1]
    events = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
    assert any("no_such_module" in event["message"] for event in events)


def test_retry_and_catch_tell_exceptions_apart(cloud: Cloud, function: str) -> None:
    caught = {"ErrorEquals": ["InvalidInput"], "Next": "Refused"}
    states = {"Try": task(function, {"kind": "raise"}, Catch=[caught]), "Refused": {"Type": "Succeed"}}
    execution = cloud.execute(cloud.machine({"StartAt": "Try", "States": states}))
    assert execution["status"] == "SUCCEEDED"
    assert json.loads(execution["output"])["Error"] == "InvalidInput"


def test_a_throttled_task_fails_with_the_name_that_retry_looks_for(cloud: Cloud) -> None:
    function = cloud.function()
    cloud.client("lambda").put_function_concurrency(
        FunctionName=function.rsplit(":", 1)[1], ReservedConcurrentExecutions=0
    )
    execution = cloud.execute(cloud.machine({"StartAt": "Try", "States": {"Try": task(function, {})}}))
    assert execution["error"] == "Lambda.TooManyRequestsException"


def test_a_machine_runs_no_longer_than_its_time_out(cloud: Cloud) -> None:
    definition = {
        "TimeoutSeconds": 1,
        "StartAt": "Wait",
        "States": {"Wait": {"Type": "Wait", "Seconds": 3, "End": True}},
    }
    execution = cloud.execute(cloud.machine(definition))
    assert execution["status"] == "TIMED_OUT"
    assert (execution["stopDate"] - execution["startDate"]).total_seconds() < 2.5
    time.sleep(2.5)
    assert cloud.follow(execution["executionArn"])["status"] == "TIMED_OUT"


def test_a_stopped_run_stays_aborted_and_starts_no_further_task(cloud: Cloud) -> None:
    slow, after = cloud.function(), cloud.function()
    caught = {"ErrorEquals": ["States.Timeout"], "Next": "After"}
    item = {"kind": "slow", "seconds": 1, "raise.$": "$"}
    iterator: dict[str, Any] = {
        "StartAt": "Slow",
        "States": {
            "Slow": {**task(slow, item, Catch=[caught]), "Next": "After"},
            "After": task(after, {"ran": True}),
        },
    }
    del iterator["States"]["Slow"]["End"]
    items = {"Type": "Map", "ItemsPath": "$.items", "Iterator": iterator, "End": True}
    definition = {"StartAt": "Items", "States": {"Items": items}}
    states = cloud.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=cloud.machine(definition), input='{"items": [true, false]}')[
        "executionArn"
    ]
    time.sleep(0.6)
    states.stop_execution(executionArn=arn, error="Cancelled", cause="by the user")
    time.sleep(2)
    execution = states.describe_execution(executionArn=arn)
    assert (execution["status"], execution["error"]) == ("ABORTED", "Cancelled")
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    assert "/aws/lambda/" + after.rsplit(":", 1)[1] not in {group["logGroupName"] for group in groups}


def test_more_functions_than_this_machine_can_run_wait_and_none_is_refused(cloud: Cloud) -> None:
    function = cloud.function()
    answers: list[dict[str, Any]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(cloud.invoke(function, kind="slow", seconds=0.2)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer["failed"] for answer in answers] == [None] * 20
    assert len({answer["payload"]["started"] for answer in answers}) < 20


def test_a_layer_is_unpacked_once_for_all_execution_environments(cloud: Cloud) -> None:
    layer = cloud.client("lambda").publish_layer_version(
        LayerName="shared", Content={"ZipFile": archive(python__layered="VALUE = 1")}
    )["LayerVersionArn"]
    first, second = cloud.function(Layers=[layer]), cloud.function(Layers=[layer])
    paths = {cloud.invoke(function, kind="layer")["payload"] for function in (first, second)}
    assert len(paths) == 1
    assert Path(paths.pop()).is_file()


def test_a_function_pays_for_botocore_only_when_it_imports_it(cloud: Cloud, function: str) -> None:
    assert cloud.invoke(cloud.function(), kind="botocore")["payload"] == [False, 1]


def test_functions_inherit_the_emulators_clean_environment(
    cloud: Cloud, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = cloud.invoke(function, kind="environment")["payload"]
    assert environment["AWS_ENDPOINT_URL"] == cloud.endpoint
    assert environment["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == "http://127.0.0.1:1"
    assert environment["TZ"] == "UTC"
    assert "PYTEST_CURRENT_TEST" not in environment


@pytest.fixture(scope="module")
def api(cloud: Cloud, function: str) -> str:
    """The address of a REST API whose four paths lead to the function, with a CORS header on its own errors."""
    gateway = cloud.client("apigateway")
    api = gateway.create_rest_api(name="api")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    for path in ("raises", "no-status", "body-not-text", "good"):
        resource = gateway.create_resource(restApiId=api, parentId=root, pathPart=path)["id"]
        gateway.put_method(restApiId=api, resourceId=resource, httpMethod="GET", authorizationType="NONE")
        gateway.put_integration(
            restApiId=api,
            resourceId=resource,
            httpMethod="GET",
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
        )
    gateway.put_gateway_response(
        restApiId=api,
        responseType="DEFAULT_5XX",
        responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'https://example.com'"},
    )
    gateway.create_deployment(restApiId=api, stageName="v1")
    return f"{cloud.endpoint}/_aws/execute-api/{api}/v1"


@pytest.mark.parametrize("path", ["raises", "no-status", "body-not-text"])
def test_a_failure_behind_the_api_is_a_502_that_a_browser_can_read_and_that_tells_nothing(api: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{api}/{path}", timeout=30)
    with caught.value as answer:
        assert answer.code == 502
        assert json.loads(answer.read()) == {"message": "Internal server error"}
        assert answer.headers["Access-Control-Allow-Origin"] == "https://example.com"


def test_a_good_answer_passes_through_the_api_unchanged(api: str) -> None:
    with urllib.request.urlopen(f"{api}/good", timeout=30) as answer:
        assert (answer.status, answer.read(), answer.headers["X-Own"]) == (201, b"made", "1")


def test_a_distribution_reads_a_bucket_that_denies_unencrypted_requests(cloud: Cloud) -> None:
    bucket = f"site-{uuid.uuid4().hex[:8]}"
    storage = cloud.client("s3")
    storage.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    storage.put_object(Bucket=bucket, Key="index.html", Body=b"<p>hello</p>", ContentType="text/html")
    cloudfront = cloud.client("cloudfront")
    access = {"Name": bucket, "SigningProtocol": "sigv4", "SigningBehavior": "always"}
    control = cloudfront.create_origin_access_control(
        OriginAccessControlConfig={**access, "OriginAccessControlOriginType": "s3"}
    )["OriginAccessControl"]["Id"]
    origin = {"Id": "s3", "DomainName": f"{bucket}.s3.{REGION}.amazonaws.com", "OriginAccessControlId": control}
    distribution = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": bucket,
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{**origin, "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "s3",
                "ViewerProtocolPolicy": "redirect-to-https",
                "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                "MinTTL": 0,
            },
        }
    )["Distribution"]
    everything = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    reads = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": everything,
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution["ARN"]}},
    }
    unencrypted = {"Bool": {"aws:SecureTransport": "false"}}
    denies = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything, "Condition": unencrypted}
    storage.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [reads, denies]}))
    request = urllib.request.Request(
        f"{cloud.endpoint}/index.html", headers={"Host": distribution["DomainName"], "X-Forwarded-Proto": "https"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert (answer.status, answer.read()) == (200, b"<p>hello</p>")


def test_another_version_of_the_emulator_is_refused_with_the_way_out() -> None:
    program = (
        "from ministack.services import stepfunctions; del stepfunctions._run_execution; "
        "from twin.emulator import workflows; workflows.correct()"
    )
    answer = subprocess.run(
        [interpreter(), "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode != 0
    assert "stepfunctions._run_execution is not what the twin corrects" in answer.stderr
    assert "make install" in answer.stderr
