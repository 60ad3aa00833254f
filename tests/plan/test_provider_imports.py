import json
import re
import subprocess
import sys

import pytest

from plan.provider_imports import modules_for
from plan.stack_file import ROOT

RECORD = """
import contextlib, dataclasses, json, sys
import plan.record
if sys.argv[1] == "whole":
    plan.record.on_demand = contextlib.nullcontext
graph = plan.record.record(sys.argv[2])
services = {name: module for name, module in sys.modules.items()
            if name.startswith("pulumi_aws.") and name.count(".") == 1 and hasattr(module, "__path__")}
whole = [name for name, module in services.items()
         if "outputs" in vars(module) and "__getattr__" not in vars(module)]
print(json.dumps({"graph": dataclasses.asdict(graph), "whole": whole}, sort_keys=True, default=lambda value:
                 sorted(value) if isinstance(value, (set, frozenset)) else type(value).__name__))
"""


def recorded(how: str, stack: str) -> dict[str, object]:
    command = [sys.executable, "-c", RECORD, how, stack]
    finished = subprocess.run(
        command, cwd=ROOT, env={"PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    answer: dict[str, object] = json.loads(finished.stdout)
    return answer


@pytest.mark.parametrize(
    ("name", "modules"),
    [
        ("FlowLog", ["flow_log", "_enums"]),
        ("BucketV2", ["bucket_v2", "_enums"]),
        ("OpenIdConnectProvider", ["open_id_connect_provider", "_enums"]),
        ("FunctionEnvironmentArgs", ["function_environment", "_inputs"]),
        ("get_policy_document", ["get_policy_document"]),
        ("outputs", ["outputs"]),
    ],
)
def test_a_name_is_looked_for_where_the_sdk_defines_it(name: str, modules: list[str]) -> None:
    assert modules_for(name) == modules


@pytest.mark.slow
def test_importing_on_demand_records_the_same_and_no_service_whole() -> None:
    stack = "tests/stacks/contrary.yaml"
    on_demand, whole = recorded("on demand", stack), recorded("whole", stack)
    assert re.search("pulumi_aws.ec2", str(whole["whole"]))
    assert on_demand["whole"] == []
    assert on_demand["graph"] == whole["graph"]


def test_a_name_that_does_not_exist_is_an_attribute_error_as_ever() -> None:
    program = (
        "from plan.provider_imports import on_demand\n"
        "import pulumi_aws\n"
        "with on_demand():\n"
        "    assert pulumi_aws.sqs.Queue.__name__ == 'Queue'\n"
        "    assert not hasattr(pulumi_aws.sqs, 'Tail')\n"
        "    assert pulumi_aws.sqs.get_queue.__name__ == 'get_queue' and callable(pulumi_aws.sqs.get_queue)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True)
